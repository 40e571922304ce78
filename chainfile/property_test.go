package chainfile

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// written is a file of random chains and what was written into it. The writers
// below share nothing with the readers.
type written struct {
	layout string
	file   string
	opts   Options
	data   string
	chains [][]string // words, in no particular order
}

// drawChains draws 2 to 6 chains over a few states, every state at least twice.
func drawChains(t *rapid.T, labels []string) [][]string {
	chains := rapid.SliceOfN(rapid.SliceOfN(rapid.SampledFrom(labels), 4, 25), 2, 6).Draw(t, "chains")
	for range 2 {
		chains[0] = append(chains[0], labels...)
	}
	return chains
}

func drawWritten(t *rapid.T) written {
	w := written{layout: rapid.SampledFrom([]string{"wide", "long", "column", "text", "characters", "fasta", "fastq", "jsonl", "json lists", "labels"}).Draw(t, "layout")}
	labels := rapid.SampledFrom([][]string{{"sun", "rain", "snow"}, {"wake", "N1", "N2", "REM"}, {"gold", "none", "silver"}, {"10", "20", "35"}, {"bull", "bear"}}).Draw(t, "labels")
	switch w.layout {
	case "characters":
		labels = rapid.SampledFrom([][]string{{"0", "1"}, {"A", "C", "G", "T"}, {"α", "β", "γ"}}).Draw(t, "letters")
	case "fasta", "fastq":
		labels = rapid.SampledFrom([][]string{{"A", "C", "G", "T"}, {"A", "C", "G", "U"}}).Draw(t, "nucleotides")
	}
	w.chains = drawChains(t, labels)
	end := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "line end")
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	var lines []string
	switch w.layout {
	case "wide", "long", "column":
		lines = w.drawTable(t, rng)
	case "jsonl", "json lists":
		lines = w.drawJSON(t, rng)
	default:
		lines = w.drawLines(t, rng)
	}
	w.data = strings.Join(lines, end)
	if rapid.Bool().Draw(t, "newline at the end") {
		w.data += end
	}
	if rapid.Bool().Draw(t, "byte order mark") {
		w.data = "\ufeff" + w.data
	}
	if rapid.Bool().Draw(t, "gz") {
		w.data = zipped(w.data)
		w.file += ".gz"
	}
	return w
}

// drawTable writes the chains as a table with a delimiter.
func (w *written) drawTable(t *rapid.T, rng *rand.Rand) (lines []string) {
	quote := func(cell string) string { return cell }
	if rapid.Bool().Draw(t, "quotes") {
		quote = func(cell string) string { return `"` + cell + `"` }
	}
	d := rapid.SampledFrom([]struct{ sep, file string }{{",", "x.csv"}, {";", "x.csv"}, {"\t", "x.tsv"}, {"\t", "x.csv"}, {"|", "x.csv"}}).Draw(t, "delimiter")
	w.file = d.file
	header := rapid.Bool().Draw(t, "header")
	row := func(cells ...string) {
		for i := range cells {
			cells[i] = quote(cells[i])
		}
		lines = append(lines, strings.Join(cells, d.sep))
	}
	switch w.layout {
	case "wide":
		longest := 0
		for _, c := range w.chains {
			longest = max(longest, len(c))
		}
		if header {
			head := []string{rapid.SampledFrom([]string{"id", "customerId", "Patient", "user_name"}).Draw(t, "id")}
			for i := range longest {
				head = append(head, fmt.Sprintf("m%d", i+1))
			}
			row(head...)
		}
		for i, c := range w.chains {
			row(slices.Concat([]string{fmt.Sprintf("case-%c", 'a'+i)}, c, make([]string, longest-len(c)))...)
		}
	case "long":
		var rows [][]string
		stamp := rapid.SampledFrom([]func(k int) string{
			func(k int) string { return fmt.Sprint(k) },
			func(k int) string { return fmt.Sprintf("2024-03-%02dT%02d:15:%02d", 1+k/24, k%24, k%60) },
			func(k int) string { return fmt.Sprintf("%02d.%02d.2023 08:00", 1+k%28, 1+k/28) },
			func(k int) string { return fmt.Sprint(1709283600123456789 + int64(k)) },
		}).Draw(t, "stamp")
		for i, c := range w.chains {
			for k, state := range c {
				rows = append(rows, []string{fmt.Sprintf("u%d", i), stamp(k), state})
			}
		}
		rng.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		if header {
			row(rapid.SampledFrom([]string{"sessionId", "user", "Subject", "animal_id"}).Draw(t, "id"), rapid.SampledFrom([]string{"timestamp", "t", "eventTime", "step"}).Draw(t, "time"), rapid.SampledFrom([]string{"state", "page", "x"}).Draw(t, "state"))
		}
		for _, r := range rows {
			row(r...)
		}
	case "column":
		if header {
			row("weather")
		}
		for i, c := range w.chains {
			if i > 0 {
				lines = append(lines, "")
			}
			for _, state := range c {
				row(state)
			}
		}
	}
	return lines
}

// drawLines writes the chains as text, or as records of nucleotides.
func (w *written) drawLines(t *rapid.T, rng *rand.Rand) (lines []string) {
	w.file = "x.txt"
	switch w.layout {
	case "text", "characters":
		sep := ""
		if w.layout == "text" {
			sep = rapid.SampledFrom([]string{" ", ",", ", ", "\t", ";", " | "}).Draw(t, "separator")
		}
		for _, c := range w.chains {
			lines = append(lines, strings.Join(c, sep))
		}
	case "labels":
		for i, c := range w.chains {
			if i > 0 {
				lines = append(lines, "")
			}
			lines = append(lines, c...)
		}
	case "fasta":
		w.file = "reads"
		for i, c := range w.chains {
			lines = append(lines, fmt.Sprintf(">r%d ACGT", i))
			for part := range slices.Chunk(c, 1+rng.IntN(12)) {
				lines = append(lines, strings.Join(part, ""))
			}
		}
	case "fastq":
		w.file = "reads"
		for i, c := range w.chains {
			qualities := make([]byte, len(c))
			for k := range qualities {
				qualities[k] = byte('!' + rng.IntN(94))
			}
			lines = append(lines, fmt.Sprintf("@r%d", i), strings.Join(c, ""), "+", string(qualities))
		}
	}
	return lines
}

// drawJSON writes the chains as JSON, a list or a state a line.
func (w *written) drawJSON(t *rapid.T, rng *rand.Rand) (lines []string) {
	w.file = rapid.SampledFrom([]string{"x.jsonl", "x", "x.ndjson"}).Draw(t, "file")
	for i, c := range w.chains {
		if w.layout == "json lists" {
			line, _ := json.Marshal(c)
			lines = append(lines, string(line))
			continue
		}
		for k, state := range c {
			line, _ := json.Marshal(map[string]any{"userId": fmt.Sprintf("u%d", i), "time": k, "page": state})
			lines = append(lines, string(line))
		}
	}
	rng.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	return lines
}

// transitions counts what follows what, by words.
func transitions(chains [][]string) map[[2]string]int64 {
	counts := map[[2]string]int64{}
	for _, c := range chains {
		for i := 1; i < len(c); i++ {
			counts[[2]string{c[i-1], c[i]}]++
		}
	}
	return counts
}

// Random chains in any layout give back exactly their transitions.
func TestTransitionsOfEveryLayout(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWritten(t)
		s, err := Read(strings.NewReader(w.data), w.file, w.opts)
		if err != nil {
			t.Fatalf("%s\n%s: %v", w.data, w.layout, err)
		}
		counts := s.Counts()
		got := map[[2]string]int64{}
		for a, from := range s.Labels {
			for b, to := range s.Labels {
				if n := counts.Two[a*len(s.Labels)+b]; n > 0 {
					got[[2]string{from, to}] = n
				}
			}
		}
		want := transitions(w.chains)
		if len(s.List) != len(w.chains) || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%s\n%s: %v\n%d sequences, want %d\ngot  %v\nwant %v\n%q", w.data, w.layout, s, len(s.List), len(w.chains), got, want, s.Report(nil).Notes)
		}
	})
}
