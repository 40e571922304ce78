// Package report turns the results of package paper into what a person reads:
// plots as SVG and PNG, tables as CSV, and one HTML page.
//
// Where to read what:
//
//   - plot.go: drawing a paper.Plot; panels.go: several in one picture
//   - directions.go: maps of the directions of a vector of three entries
//   - files.go: the files of one item
package report
