package draw

// Outline is outline, for tests.
var Outline = outline
