package sweep

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"markovicl/figure"
	"markovicl/figure/draw"
	"markovicl/internal/atomicfile"
)

// Picture says what is drawn of a table. X is a swept flag. If Y is one, too, it is a heat
// map of the column Color over both; else curves of the column Y, one for each value of
// the flag Color. What is at one point, such as several seeds, is averaged; curves have the
// standard error of the mean as a band. With Least, a swept flag of numbers, a point shows the
// least value of that flag at which the column is true, and nothing where it never is, or only
// at inf. Curves over a flag with the value inf have it at the end of their axis; a heat map has
// the values of such a flag beside each other, as names.
type Picture struct {
	X, Y, Color string
	Least       string
	Log         []string // of x, y and color, what is on a logarithmic scale
	Name        string   // of the file, without extension
	Title       string
}

var pictureWords = []string{"x", "y", "color", "least", "log", "name", "title"}

// IsPlotWord reports whether a word of a command line belongs to a picture.
func IsPlotWord(word string) bool {
	name, _, ok := strings.Cut(word, "=")
	return ok && slices.Contains(pictureWords, name)
}

// ParsePicture reads "x=d y=n color=loss", with least=FLAG, log=x,color, name=FILE and
// title=.. if wished. A word that is none of these belongs to the title.
func ParsePicture(text string) (Picture, error) {
	var p Picture
	place := map[string]*string{"x": &p.X, "y": &p.Y, "color": &p.Color, "least": &p.Least, "name": &p.Name, "title": &p.Title}
	last := ""
	for _, word := range strings.Fields(text) {
		name, value, ok := strings.Cut(word, "=")
		switch {
		case ok && name == "log":
			p.Log = strings.Split(value, ",")
		case ok && place[name] != nil:
			*place[name] = value
			last = name
		case last == "title":
			p.Title += " " + word
		default:
			return p, badf("plot", "`plot` %q: write x=FLAG y=FLAG color=COLUMN, or x=FLAG y=COLUMN color=FLAG", text)
		}
	}
	if p.X == "" || p.Y == "" {
		return p, badf("plot", "`plot` %q needs x and y", text)
	}
	for _, name := range p.Log {
		if name != "x" && name != "y" && name != "color" {
			return p, badf("plot", "`plot`: log=%s; write log=x, log=y or log=color, or several with commas", name)
		}
	}
	if p.Name == "" {
		p.Name = strings.Join(slices.DeleteFunc([]string{"plot", p.X, p.Y, p.Color}, func(s string) bool { return s == "" }), "-")
	}
	if strings.ContainsAny(p.Name, `/\`) {
		return p, badf("plot", "`plot`: name=%s is no name of a file in the folder of the sweep", p.Name)
	}
	return p, nil
}

// Check returns the error that Draw would return as far as that can be known before there
// is a table.
func (p Picture) Check(dir string) error {
	for _, format := range pictureFormats {
		if err := atomicfile.Check(p.file(dir, format)); err != nil {
			return badf("plot", "%w", err)
		}
	}
	return nil
}

var pictureFormats = []string{"svg", "png"}

func (p Picture) file(dir, format string) string { return filepath.Join(dir, p.Name+"."+format) }

// Draw reads a table and writes the picture to the folder as SVG and PNG.
func (p Picture) Draw(table, dir string) error {
	plot, err := p.Plot(table)
	if err != nil {
		return err
	}
	for _, format := range pictureFormats {
		data, err := draw.Render(*plot, format)
		if err != nil {
			return badf("plot", "%w", err)
		}
		if err := atomicfile.Write(p.file(dir, format), data); err != nil {
			return err
		}
	}
	return nil
}

// sums are what is needed of the values at one point.
type sums struct {
	n               int
	mean, deviation float64 // sum of squared deviations, by Welford's update
	least           float64
}

func (s *sums) add(x float64) {
	if s.n == 0 || x < s.least {
		s.least = x
	}
	s.n++
	d := x - s.mean
	s.mean += d / float64(s.n)
	s.deviation += d * (x - s.mean)
}

// se returns the standard error of the mean; 0 of a single value.
func (s *sums) se() float64 {
	if s.n < 2 {
		return 0
	}
	return math.Sqrt(s.deviation / float64(s.n-1) / float64(s.n))
}

// Plot reads a table as the data of the picture.
func (p Picture) Plot(table string) (*figure.Plot, error) {
	file, err := os.Open(table)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	reader := csv.NewReader(file)
	reader.ReuseRecord = true
	line, err := reader.Read()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", table, err)
	}
	head := slices.Clone(line)
	find := func(name string) (int, error) {
		i := slices.Index(head, name)
		if i < 0 {
			return 0, badf("plot", "`plot`: the table has no column %q; it has %s", name, strings.Join(head, ", "))
		}
		return i, nil
	}
	x, err1 := find(p.X)
	y, err2 := find(p.Y)
	color, least := -1, -1
	var err3, err4 error
	if p.Color != "" {
		color, err3 = find(p.Color)
	}
	if p.Least != "" {
		least, err4 = find(p.Least)
	}
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return nil, err
	}
	heat := color > y // swept flags stand before the columns of answers
	value, other := y, color
	if heat {
		value, other = color, y
	}
	points := map[[2]string]*sums{}
	var xs, others []string
	for {
		record, err := reader.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", table, err)
		}
		key := [2]string{strings.Clone(record[x]), ""}
		if other >= 0 {
			key[1] = strings.Clone(record[other])
		}
		if !slices.Contains(xs, key[0]) {
			xs = append(xs, key[0])
		}
		if !slices.Contains(others, key[1]) {
			others = append(others, key[1])
		}
		from := value
		if least >= 0 {
			if record[value] != "true" || record[least] == infinite {
				continue
			}
			from = least
		}
		v, ok := numberOf(record[from])
		if !ok {
			if record[from] == "" {
				continue
			}
			return nil, badf("plot", "`plot`: the column %s has %q, which is no number", head[from], record[from])
		}
		if points[key] == nil {
			points[key] = &sums{}
		}
		points[key].add(v)
	}
	if heat {
		return p.heat(xs, others, points), nil
	}
	return p.curves(xs, others, points), nil
}

// numberOf reads a number, true and false as 1 and 0.
func numberOf(text string) (float64, bool) {
	switch text {
	case "true":
		return 1, true
	case "false":
		return 0, true
	}
	x, err := strconv.ParseFloat(text, 64)
	return x, err == nil && !math.IsNaN(x) && !math.IsInf(x, 0)
}

func (p Picture) log(axis string) bool { return slices.Contains(p.Log, axis) }

// infinite is the value of a flag that stands for a limit, such as that of n.
const infinite = "inf"

// axis returns the places of values: numbers, ascending, with the limit behind them where
// it has a place, or else categories in the order in which they are met.
func axis(label string, values []string, log, limit bool) (figure.Axis, map[string]float64) {
	places := map[string]float64{}
	numeric := true
	for _, v := range values {
		x, ok := numberOf(v)
		if v == infinite && limit {
			x, ok = math.Inf(1), true
		}
		numeric = numeric && ok && (!log || x > 0)
		places[v] = x
	}
	if numeric {
		return figure.Axis{Label: label, Log: log}, places
	}
	names := slices.Clone(values)
	for i, v := range values {
		places[v] = float64(i)
		if v == infinite {
			names[i] = "∞"
		}
	}
	return figure.Axis{Label: label, Categories: names}, places
}

// shown is the number of a point.
func (p Picture) shown(s *sums) float64 {
	if p.Least != "" {
		return s.least
	}
	return s.mean
}

func (p Picture) label(column string) string {
	if p.Least != "" {
		return "least " + p.Least + ": " + column
	}
	return column
}

func (p Picture) heat(xs, ys []string, points map[[2]string]*sums) *figure.Plot {
	xAxis, xPlace := axis(p.X, xs, p.log("x"), false)
	yAxis, yPlace := axis(p.Y, ys, p.log("y"), false)
	h := &figure.Heat{Label: p.label(p.Color), Log: p.log("color"), X: sorted(xPlace), Y: sorted(yPlace)}
	for range h.Y {
		row := make(figure.Numbers, len(h.X))
		for j := range row {
			row[j] = math.NaN()
		}
		h.Z = append(h.Z, row)
	}
	for key, s := range points {
		i, j := slices.Index(h.Y, yPlace[key[1]]), slices.Index(h.X, xPlace[key[0]])
		h.Z[i][j] = p.shown(s)
	}
	return &figure.Plot{Name: p.Name, Title: p.Title, X: xAxis, Y: yAxis, Heat: h}
}

func sorted(places map[string]float64) figure.Numbers {
	return slices.Sorted(maps.Values(places))
}

func (p Picture) curves(xs, names []string, points map[[2]string]*sums) *figure.Plot {
	xAxis, place := axis(p.X, xs, p.log("x"), true)
	slices.SortStableFunc(xs, func(a, b string) int {
		switch {
		case place[a] < place[b]:
			return -1
		case place[a] > place[b]:
			return 1
		}
		return 0
	})
	plot := &figure.Plot{Name: p.Name, Title: p.Title, X: xAxis, Y: figure.Axis{Label: p.label(p.Y), Log: p.log("y")}}
	for _, name := range names {
		s := figure.Series{}
		if p.Color != "" {
			s.Name = p.Color + " = " + name
		}
		band := false
		for _, x := range xs {
			at := points[[2]string{x, name}]
			if at == nil {
				continue
			}
			if p.Least != "" {
				s.Add(place[x], at.least)
				continue
			}
			band = band || at.n > 1
			s.AddBand(place[x], at.mean, at.mean-at.se(), at.mean+at.se())
		}
		if !band {
			s.Low, s.High = nil, nil
		}
		if len(s.X) > 0 {
			plot.Series = append(plot.Series, s)
		}
	}
	if p.Least == "" {
		plot.Caption = "Bands: standard error of the mean."
	}
	return plot
}
