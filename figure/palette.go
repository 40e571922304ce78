package figure

// Quantity is what a series or a level shows, where it is one of the quantities that this
// project is about. Each has one colour, the same in every picture and on every page.
type Quantity string

// The quantities, from the worst to the best loss.
const (
	Zero     Quantity = "zero"     // the loss of always predicting 0
	Trained  Quantity = "trained"  // a model that training has found
	Best     Quantity = "best"     // the best transformer of one layer
	Enlarged Quantity = "enlarged" // the enlarged optimum, which no one-layer model is below
	Floor    Quantity = "floor"    // what no linear self-attention of any depth is below
	Bayes    Quantity = "bayes"    // the Bayes risk, which no predictor is below
)

// Colour is a colour on a light ground and on a dark one, as #rrggbb.
type Colour struct{ Light, Dark string }

// The grounds of pictures, and what is written and ruled on them.
var (
	Ground = Colour{"#ffffff", "#1b1c1f"}
	Ink    = Colour{"#333333", "#d8d8d8"}
	Rule   = Colour{"#e2e2e2", "#3a3b40"} // lines of the grid
)

// Palette is the one table of what colour means what. Every colour has a contrast of at
// least 3 to its ground, and any two of them can be told apart with any kind of colour
// vision: those that deutan eyes see in one hue differ in lightness.
var Palette = map[Quantity]Colour{
	Zero:     {"#8a8d91", "#8f949a"},
	Trained:  {"#a07d00", "#e8c95a"},
	Best:     {"#9c3300", "#e8703a"},
	Enlarged: {"#0068a8", "#5fb0e8"},
	Floor:    {"#008764", "#5cdcb4"},
	Bayes:    {"#8e3d7b", "#d591c4"},
}

// Others are the colours of all other series, in the order in which a picture takes them;
// none of them is that of a quantity.
var Others = []Colour{
	{"#4b46c8", "#9d99ff"}, // indigo
	{"#d6336c", "#ff7aa8"}, // rose
	{"#0aa0b5", "#4fd6e8"}, // teal
	{"#4a5568", "#b8c2d0"}, // slate
	{"#6c9a00", "#a9d94a"}, // lime
	{"#d08300", "#ffb84d"}, // orange
}
