package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"markovicl/figure"
	"markovicl/figure/draw"
	"markovicl/internal/plural"
	"markovicl/paper"
)

//go:embed page.html
var pageText string

var pageTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Funcs(template.FuncMap{
		"prose":     prose,
		"sentences": func(s string) template.HTML { return prose(sentences(s)) },
		"mark":      markOf,
	}).Parse(pageText))
})

// Page returns a self-contained HTML page of the entries: it loads nothing,
// runs no script, and links nowhere but to arXiv and to the files of the
// entries.
func Page(s paper.Settings, entries []Entry) ([]byte, error) {
	type drawing struct {
		figure.Plot
		Panels []template.HTML // SVG
		Files  []string        // SVG, PNG
	}
	type section struct {
		Entry
		Item    paper.Item
		Result  *paper.Result
		Tables  []shownTable
		Figures []drawing
	}
	data := struct {
		Settings string
		Summary  []tally
		Sections []section
		Style    template.CSS
	}{Settings: settingsText(s), Summary: summary(entries), Style: palettes()}
	for _, e := range entries {
		part := section{Entry: e, Item: e.item, Result: e.result}
		if e.result == nil {
			data.Sections = append(data.Sections, part)
			continue
		}
		for _, t := range e.result.Tables {
			part.Tables = append(part.Tables, newShownTable(t, e.file(t.Name+".csv")))
		}
		for _, p := range e.result.Plots {
			svgs, err := draw.Panels(p)
			if err != nil {
				return nil, err
			}
			f := drawing{Plot: p, Files: []string{e.file(p.Name + ".svg"), e.file(p.Name + ".png")}}
			for _, svg := range svgs {
				f.Panels = append(f.Panels, inline(svg))
			}
			part.Figures = append(part.Figures, f)
		}
		data.Sections = append(data.Sections, part)
	}
	var out bytes.Buffer
	if err := pageTemplate().Execute(&out, data); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func settingsText(s paper.Settings) string {
	size := "full size"
	if s.Quick {
		size = "reduced size (--quick)"
	}
	seeds := "each item's own number of seeds"
	if s.Seeds != 0 {
		seeds = fmt.Sprintf("%s where an item averages over seeds", plural.Of(s.Seeds, "seed"))
	}
	if s.D != 0 {
		seeds += fmt.Sprintf(", d = %d in fig6", s.D)
	}
	if s.Models != "" {
		seeds += ", transformers " + s.Models
	}
	return fmt.Sprintf("%s, first seed %d, %s", size, s.Seed, seeds)
}

// file returns the entry's file with a base name.
func (e *Entry) file(base string) string {
	for _, name := range e.Files {
		if path.Base(name) == base {
			return name
		}
	}
	return ""
}

// colours are the variables by which the page gives the colours of a plot, in light, for
// which plots are drawn, and in dark.
var colours = sync.OnceValue(func() (all []variable) {
	all = []variable{{"ground", figure.Ground}, {"ink", figure.Ink}, {"rule", figure.Rule}}
	for _, q := range slices.Sorted(maps.Keys(figure.Palette)) {
		all = append(all, variable{"q-" + string(q), figure.Palette[q]})
	}
	for i, c := range figure.Others {
		all = append(all, variable{fmt.Sprintf("other-%d", i), c})
	}
	return all
})

type variable struct {
	name string
	figure.Colour
}

func palettes() template.CSS {
	var light, dark strings.Builder
	for _, c := range colours() {
		fmt.Fprintf(&light, "--%s:%s;", c.name, c.Light)
		fmt.Fprintf(&dark, "--%s:%s;", c.name, c.Dark)
	}
	return template.CSS(":root{color-scheme:light dark;" + light.String() + "}\n@media (prefers-color-scheme:dark){:root{" + dark.String() + "}}\n")
}

var (
	svgStart = pattern(`(?s)^.*?<svg width="[^"]*" height="[^"]*" viewBox="([^"]*)".*?>`)
	svgHex   = pattern(`#[0-9A-F]{6}`)
)

// inline turns an SVG file into a part of the page that follows its colours and
// its width.
func inline(svg []byte) template.HTML {
	s := svgStart().ReplaceAllString(string(svg), `<svg viewBox="$1" role="img">`)
	s = strings.ReplaceAll(s, "xlink:href=", "href=")
	s = svgHex().ReplaceAllStringFunc(s, func(code string) string {
		for _, c := range colours() {
			if strings.EqualFold(c.Light, code) {
				return "var(--" + c.name + ")"
			}
		}
		return code
	})
	return template.HTML(s)
}

// markOf is the sign before a verdict, so that colour alone does not say it.
func markOf(e Entry) string {
	return map[string]string{"failed": "!", "holds": "✓", "differs": "≠", "condition": "~"}[e.Class()]
}
