package figure_test

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"testing"

	"markovicl/figure"
)

// linear returns a colour as linear light, red, green and blue from 0 to 1 (IEC 61966-2-1).
func linear(t *testing.T, hex string) (rgb [3]float64) {
	t.Helper()
	var parts [3]int
	if n, err := fmt.Sscanf(hex, "#%02x%02x%02x", &parts[0], &parts[1], &parts[2]); n != 3 || err != nil || len(hex) != 7 {
		t.Fatalf("%q is no colour", hex)
	}
	for i, v := range parts {
		c := float64(v) / 255
		if rgb[i] = c / 12.92; c > 0.04045 {
			rgb[i] = math.Pow((c+0.055)/1.055, 2.4)
		}
	}
	return rgb
}

// contrast is that of WCAG 2.2: 1 of equal colours, 21 of black and white.
func contrast(t *testing.T, a, b string) float64 {
	luminance := func(hex string) float64 {
		l := linear(t, hex)
		return 0.2126*l[0] + 0.7152*l[1] + 0.0722*l[2]
	}
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func TestContrast(t *testing.T) {
	if c := contrast(t, "#000000", "#ffffff"); math.Abs(c-21) > 1e-9 {
		t.Fatalf("the contrast of black and white is %v", c)
	}
	check := func(name string, c figure.Colour, least float64) {
		for _, side := range [][2]string{{c.Light, figure.Ground.Light}, {c.Dark, figure.Ground.Dark}} {
			if got := contrast(t, side[0], side[1]); got < least {
				t.Errorf("%s: %s on %s has a contrast of %.2f, want %v", name, side[0], side[1], got, least)
			}
		}
	}
	check("ink", figure.Ink, 7)
	for q, c := range figure.Palette {
		check(string(q), c, 3)
	}
	for i, c := range figure.Others {
		check(fmt.Sprint("other ", i), c, 3)
	}
}

// visions turn linear light into what is seen of it: everything, or without the long
// or the medium cones (Machado, Oliveira and Fernandes 2009, severity 1).
var visions = map[string][3][3]float64{
	"full":   {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protan": {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deutan": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"tritan": {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

// lab returns a colour as it is seen, in CIELAB coordinates.
func lab(t *testing.T, hex string, vision [3][3]float64) [3]float64 {
	rgb := linear(t, hex)
	var seen [3]float64
	for i, row := range vision {
		seen[i] = min(max(row[0]*rgb[0]+row[1]*rgb[1]+row[2]*rgb[2], 0), 1)
	}
	f := func(x float64) float64 {
		if x > 0.008856 {
			return math.Cbrt(x)
		}
		return 7.787*x + 16.0/116
	}
	x := f((0.4124*seen[0] + 0.3576*seen[1] + 0.1805*seen[2]) / 0.9505)
	y := f(0.2126*seen[0] + 0.7152*seen[1] + 0.0722*seen[2])
	z := f((0.0193*seen[0] + 0.1192*seen[1] + 0.9505*seen[2]) / 1.089)
	return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

// Any two quantities can be told apart, on both grounds, with any kind of colour vision.
func TestQuantitiesDiffer(t *testing.T) {
	const least = 12 // a difference of 2.3 is just seen
	for name, vision := range visions {
		for q, a := range figure.Palette {
			for r, b := range figure.Palette {
				if q >= r {
					continue
				}
				for _, pair := range [][2]string{{a.Light, b.Light}, {a.Dark, b.Dark}} {
					x, y := lab(t, pair[0], vision), lab(t, pair[1], vision)
					if d := math.Hypot(math.Hypot(x[0]-y[0], x[1]-y[1]), x[2]-y[2]); d < least {
						t.Errorf("%s and %s, %s and %s: %.1f apart for %s eyes", q, r, pair[0], pair[1], d, name)
					}
				}
			}
		}
	}
}

// The explorer has the same colours for the same quantities.
func TestExplorerHasThePalette(t *testing.T) {
	style, err := os.ReadFile("../explorer/page/style.css")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for _, m := range regexp.MustCompile(`--q-([a-z]+):\s*(#[0-9a-f]{6})`).FindAllStringSubmatch(string(style), -1) {
		found[m[1]] = append(found[m[1]], m[2])
	}
	for q, c := range figure.Palette {
		got := found[string(q)]
		delete(found, string(q))
		if len(got) != 2 || got[0] != c.Light || got[1] != c.Dark {
			t.Errorf("%s: the explorer has %v, the palette %v", q, got, c)
		}
	}
	for q, got := range found {
		t.Errorf("%s: the explorer has %v, the palette nothing", q, got)
	}
}
