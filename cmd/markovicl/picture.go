package main

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"

	"markovicl/figure"
	"markovicl/figure/draw"
	"markovicl/internal/atomicfile"
)

// pictureFormat is the format that the name of a file asks for.
func pictureFormat(path string) string {
	return strings.TrimPrefix(strings.ToLower(filepath.Ext(path)), ".")
}

// drawn returns an error if the name of a file asks for no format that can be drawn.
func drawn(flag, path string) error {
	if !slices.Contains(draw.Formats, pictureFormat(path)) {
		return badInputf("%s %s: the ending of the name says what to draw; give it one of .%s", flag, path, strings.Join(draw.Formats, ", ."))
	}
	return nil
}

// writePicture writes a plot in the format that the name of the file asks for.
func writePicture(path string, of func() (figure.Plot, error)) error {
	plot, err := of()
	if err != nil {
		return err
	}
	data, err := draw.Render(plot, pictureFormat(path))
	if err != nil {
		return err
	}
	return atomicfile.Write(path, data)
}

// writeFigures writes a table as NAME.csv, and plots as SVG and PNG by their names, to a
// folder, and returns their paths.
func writeFigures(dir, name string, table figure.Table, plots ...figure.Plot) (paths []string, err error) {
	var csv bytes.Buffer
	if err := table.WriteCSV(&csv); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, name+".csv")
	if err := atomicfile.Write(path, csv.Bytes()); err != nil {
		return nil, err
	}
	paths = append(paths, path)
	for _, plot := range plots {
		for _, format := range []string{"svg", "png"} {
			path := filepath.Join(dir, plot.Name+"."+format)
			if err := writePicture(path, func() (figure.Plot, error) { return plot, nil }); err != nil {
				return nil, err
			}
			paths = append(paths, path)
		}
	}
	return paths, nil
}
