package report

import (
	"bytes"
	"fmt"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"markovicl/paper"
)

const (
	panelWidth = 5 * vg.Inch
	panelGap   = 12 * vg.Inch / 72
)

// DrawPanels renders plots side by side in one picture; format is "svg" or
// "png". The bytes depend on the plots alone.
func DrawPanels(panels []paper.Plot, format string) ([]byte, error) {
	width := panelWidth * vg.Length(len(panels))
	picture, err := draw.NewFormattedCanvas(width, plotHeight, format)
	if err != nil {
		return nil, err
	}
	whole := draw.New(picture)
	for i, p := range panels {
		panel, err := layOut(p)
		if err != nil {
			return nil, fmt.Errorf("plot %s: %w", p.Name, err)
		}
		left := panelWidth * vg.Length(i)
		panel.Draw(draw.Crop(whole, left, left+panelWidth-width-panelGap, 0, 0))
	}
	var out bytes.Buffer
	if _, err := picture.WriteTo(&out); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
