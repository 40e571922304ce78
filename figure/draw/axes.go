package draw

import (
	"image/color"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"markovicl/figure"
)

// scales are the ranges of a plot's axes.
type scales struct {
	x, y     scale
	barWidth float64 // of one bar, in units of x; 0 if there are none
	bars     int     // series of bars
	rows     bool    // there are series of rows
}

// scale is the range of one axis. +Inf has a place of its own at the right end.
type scale struct {
	min, max float64
	log      bool
	infinite bool    // +Inf is at max
	end      float64 // of the finite part
	whole    bool    // all finite values are integers, and so are the ticks

	categories bool // positions are names
}

// barGroup is the part of the distance of neighbours that their bars fill.
const barGroup = 0.8

func newScales(p *figure.Plot) scales {
	s := scales{x: scale{log: p.X.Log}, y: scale{log: p.Y.Log}}
	var xs, ys []float64
	var places []float64 // xs without what is added as room
	step := math.Inf(1)  // the smallest distance of neighbours among bars
	for _, series := range p.Series {
		for i, x := range series.X {
			if math.IsInf(x, 1) {
				s.x.infinite = true
			} else {
				xs = append(xs, x)
			}
			if i > 0 && series.Kind == figure.Bars {
				step = min(step, x-series.X[i-1])
			}
		}
		if series.Kind == figure.Rows { // their bars of error lie along x
			xs, ys = append(append(xs, series.Low...), series.High...), append(ys, series.Y...)
			s.rows = true
			continue
		}
		ys = append(append(append(ys, series.Y...), series.Low...), series.High...)
		if series.Kind == figure.Bars {
			s.bars++
			if !p.Y.Log {
				ys = append(ys, 0)
			}
		}
	}
	for _, level := range p.Levels {
		ys = append(ys, level.Y)
	}
	places = slices.Clone(xs)
	if p.Heat != nil {
		places = append(places, p.Heat.X...)
		x, y := edges(p.Heat.X, p.X.Log), edges(p.Heat.Y, p.Y.Log)
		xs, ys = append(xs, x[0], x[len(x)-1]), append(ys, y[0], y[len(y)-1])
	}
	if s.bars > 0 {
		if math.IsInf(step, 1) {
			step = 1
		}
		s.barWidth = barGroup * step / float64(s.bars)
		for _, x := range slices.Clone(xs) {
			if !p.X.Log { // room for half a group
				xs = append(xs, x-step/2, x+step/2)
			}
		}
	}
	room, beside := 0.04, 0.0
	if s.rows {
		beside = 0.04
	}
	s.x.whole, s.y.whole = wholeNumbers(places), wholeNumbers(ys)
	if p.Heat != nil {
		s.y.whole = wholeNumbers(p.Heat.Y)
	}
	s.x.fit(xs, p.X, beside)
	if p.Heat != nil {
		room = 0
	}
	s.y.fit(ys, p.Y, room)
	return s
}

func wholeNumbers(values []float64) bool {
	return !slices.ContainsFunc(values, func(v float64) bool { return v != math.Trunc(v) })
}

// fit sets the range from the values, with room at both ends as a part of it,
// and from what the axis asks for.
func (s *scale) fit(values []float64, a figure.Axis, room float64) {
	s.min, s.max = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		s.min, s.max = min(s.min, v), max(s.max, v)
	}
	if len(values) == 0 {
		s.min, s.max = 1, 1 // only infinity
	}
	if k := len(a.Categories); k > 0 {
		s.min, s.max, s.categories = -0.5, float64(k)-0.5, true
	}
	if s.max-s.min <= 1e-12*max(math.Abs(s.min), math.Abs(s.max)) { // a single value, up to rounding: give it room
		if s.log {
			s.min, s.max = s.min/2, s.max*2
		} else {
			r := max(math.Abs(s.min)*0.05, 1e-3)
			if s.whole {
				r = 1
			}
			s.min, s.max = s.min-r, s.max+r
		}
	}
	low, high := s.at(-room), s.at(1+room)
	if s.min != 0 { // an axis that starts at 0 means it
		s.min = low
	}
	if s.max != 0 {
		s.max = high
	}
	if a.Min != nil {
		s.min = *a.Min
	}
	if a.Max != nil {
		s.max = *a.Max
	}
	if s.min >= s.max { // the axis asks for one end beyond the values
		if a.Min != nil {
			s.max = s.min + 1
		} else {
			s.min = s.max - 1
			if s.log {
				s.min = s.max / 10
			}
		}
	}
	s.end = s.max
	if s.infinite {
		s.max = s.at(1.14)
	}
}

// at returns the value at a part of the range, 0 for its begin, 1 for its end.
func (s scale) at(part float64) float64 {
	if s.log {
		return s.min * math.Pow(s.max/s.min, part)
	}
	return s.min + (s.max-s.min)*part
}

// place says where on the axis a value is: where it is, but for +Inf.
func (s scale) place(v float64) float64 {
	if math.IsInf(v, 1) {
		return s.max
	}
	return v
}

// apply sets up an axis; room is the width that the names of categories share.
func (s scale) apply(a *plot.Axis, spec figure.Axis, room vg.Length) {
	a.Min, a.Max = s.min, s.max
	a.Label.Text = spec.Label
	a.Label.TextStyle = labelStyle
	a.Label.Padding = 3
	a.Label.TextStyle.XAlign, a.Label.TextStyle.YAlign = draw.XCenter, draw.YBottom
	align := a.Tick.Label
	a.Tick.Label = tickStyle
	a.Tick.Label.XAlign, a.Tick.Label.YAlign = align.XAlign, align.YAlign
	if align.YAlign == draw.YTop { // below an axis: a little further from its ticks
		a.Tick.Label.YAlign *= 1.15
	}
	a.LineStyle = draw.LineStyle{Color: ink, Width: 0.6}
	a.Tick.LineStyle = a.LineStyle
	a.Tick.Length = 4
	if s.log {
		a.Scale = plot.LogScale{}
	}
	if k := len(spec.Categories); k > 0 {
		a.Tick.LineStyle.Color = color.NRGBA{} // leaves a gap all the same
		var names plot.ConstantTicks
		widest := vg.Length(0)
		for i, name := range spec.Categories {
			names = append(names, plot.Tick{Value: float64(i), Label: wrap(tickStyle, name, room/vg.Length(k))})
			for line := range strings.SplitSeq(names[i].Label, "\n") {
				widest = max(widest, tickStyle.Width(line))
			}
		}
		if align.YAlign == draw.YTop && widest+4 > room/vg.Length(k) { // on two levels
			for i := 1; i < k; i += 2 {
				names[i].Label = "\n" + names[i].Label
			}
		}
		a.Tick.Marker = names
		return
	}
	most := 7
	if align.YAlign == draw.YTop { // as many as have room beside each other
		widest := vg.Length(0)
		for _, t := range s.ticks(most) {
			widest = max(widest, tickStyle.Width(t.Label))
		}
		most = min(most, max(3, int(room/(widest+10))))
	}
	a.Tick.Marker = plot.TickerFunc(func(_, _ float64) []plot.Tick { return s.ticks(most) })
}

// ticks returns the ticks of an axis, at most so many with labels where it is linear.
func (s scale) ticks(most int) []plot.Tick {
	var ticks []plot.Tick
	if s.log && s.end/s.min >= 8 {
		ticks = logTicks(s.min, s.end)
	} else {
		ticks = linearTicks(s.min, s.end, most, s.whole)
	}
	if s.infinite {
		ticks = append(ticks, plot.Tick{Value: s.max, Label: "∞"})
	}
	return ticks
}

// linearTicks returns the multiples of 1, 2, 2.5 or 5 times a power of ten that lie in a
// range, as many as there are up to most; whole leaves out those that are no whole numbers.
func linearTicks(low, high float64, most int, whole bool) []plot.Tick {
	exponent := int(math.Floor(math.Log10(high/float64(most)-low/float64(most)))) - 1
	for ; ; exponent++ {
		for _, digits := range []struct {
			factor   float64
			decimals int // of the factor
		}{{1, 0}, {2, 0}, {2.5, 1}, {5, 0}} {
			decimals := max(0, digits.decimals-exponent)
			if whole && decimals > 0 {
				continue
			}
			step := digits.factor * math.Pow(10, float64(exponent))
			slack := 1e-9 * step // the ends count
			first, last := math.Ceil((low-slack)/step), math.Floor((high+slack)/step)
			if last-first+1 > float64(most) {
				continue
			}
			var ticks []plot.Tick
			for k := first; k <= last; k++ {
				v := k * step
				if k == 0 {
					v = 0 // not -0
				}
				label := strconv.FormatFloat(v, 'f', decimals, 64)
				switch large := max(math.Abs(low), math.Abs(high)); {
				case large < 1e6 && large >= 1e-3:
				case v == 0:
					label = "0"
				default:
					label = strconv.FormatFloat(v, 'e', -1, 64)
					if short := strconv.FormatFloat(v, 'e', 2, 64); len(short) < len(label) {
						label = short
					}
				}
				ticks = append(ticks, plot.Tick{Value: v, Label: tickText(label)})
			}
			return ticks
		}
	}
}

// logTicks labels 1, 2 and 5 times the powers of ten over few decades, the
// powers alone over more, and only some of them over many.
func logTicks(low, high float64) []plot.Tick {
	const slack = 1 + 1e-9 // the ends count
	decades := math.Log10(high / low)
	stride := max(1, int(math.Ceil(decades/7)))
	var ticks []plot.Tick
	first := int(math.Floor(math.Log10(low)))
	for k := first; k <= int(math.Floor(math.Log10(high*slack))); k++ {
		for digit := 1; digit <= 9; digit++ {
			v, err := strconv.ParseFloat(strconv.Itoa(digit)+"e"+strconv.Itoa(k), 64) // exact, unlike math.Pow
			if err != nil || v*slack < low || v > high*slack {
				continue
			}
			tick := plot.Tick{Value: v}
			if digit == 1 && k%stride == 0 || decades < 2.4 && (digit == 2 || digit == 5) || decades < 3.4 && decades >= 2.4 && digit == 3 {
				tick.Label = strconv.FormatFloat(v, 'f', -1, 64)
				if k > 4 || k < -3 {
					tick.Label = strconv.FormatFloat(v, 'e', -1, 64)
				}
				tick.Label = tickText(tick.Label)
			} else if stride > 1 {
				continue
			}
			ticks = append(ticks, tick)
		}
	}
	return ticks
}

// tickText shortens exponents and gives minus its sign.
var tickText = strings.NewReplacer("e+0", "e", "e+", "e", "e-0", "e−", "-", "−").Replace
