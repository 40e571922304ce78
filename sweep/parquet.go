package sweep

import (
	"io"
	"slices"
	"strconv"

	"github.com/parquet-go/parquet-go"
)

// parquetWriter writes the table as Parquet: the columns of the CSV with types, and the
// answers as JSON. A column is of doubles or booleans where all its values are; null
// where an answer has none.
type parquetWriter struct {
	kinds []kind
	place []int // in the file, where columns are sorted by name
	out   *parquet.GenericWriter[any]
}

func newParquetWriter(l *layout, w io.Writer) *parquetWriter {
	names := append(l.head(), "answer")
	p := &parquetWriter{kinds: make([]kind, len(names)), place: make([]int, len(names))}
	group := parquet.Group{}
	for i, name := range names {
		p.kinds[i] = l.kindOf(i)
		var node parquet.Node
		switch p.kinds[i] {
		case number:
			node = parquet.Leaf(parquet.DoubleType)
		case boolean:
			node = parquet.Leaf(parquet.BooleanType)
		default:
			node = parquet.String()
		}
		group[name] = parquet.Compressed(parquet.Optional(node), &parquet.Snappy)
	}
	schema := parquet.NewSchema("sweep", group)
	for k, path := range schema.Columns() {
		p.place[slices.Index(names, path[0])] = k
	}
	p.out = parquet.NewGenericWriter[any](w, schema, parquet.CreatedBy("markovicl", "", ""), parquet.MaxRowsPerRowGroup(50_000))
	return p
}

// add writes a row: its texts, and the answer.
func (p *parquetWriter) add(texts []string, answer []byte) error {
	values := make(parquet.Row, len(p.kinds))
	for i, k := range p.place {
		text := string(answer)
		if i < len(texts) {
			text = texts[i]
		}
		if text == "" {
			values[k] = parquet.NullValue().Level(0, 0, k)
		} else {
			values[k] = parquetValue(p.kinds[i], text).Level(0, 1, k)
		}
	}
	_, err := p.out.WriteRows([]parquet.Row{values})
	return err
}

// kindOf returns the kind of column i of the head.
func (l *layout) kindOf(i int) kind {
	i -= len(l.names)
	if l.several {
		if i == 0 {
			return number
		}
		i--
	}
	if i < 0 || i >= len(l.columns) {
		return word
	}
	switch k := l.columns[i].kinds; {
	case k[number] && !k[boolean] && !k[word]:
		return number
	case k[boolean] && !k[number] && !k[word]:
		return boolean
	}
	return word
}

func parquetValue(k kind, text string) parquet.Value {
	switch k {
	case number:
		x, _ := strconv.ParseFloat(text, 64) // JSON's numbers are, but for what is too large
		return parquet.DoubleValue(x)
	case boolean:
		return parquet.BooleanValue(text == "true")
	}
	return parquet.ByteArrayValue([]byte(text))
}
