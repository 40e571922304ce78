// Package report turns the results of package paper into what a person reads:
// plots as SVG and PNG (drawn by figure/draw), tables as CSV, and one HTML page.
//
//	folder, err := report.OpenFolder("out", settings)
//	var entries []report.Entry
//	for _, outcome := range paper.Run(ctx, paper.Items(), settings, 2, nil) {
//		entries = append(entries, folder.Keep(outcome)) // its tables and plots
//	}
//	err = folder.Finish(entries, nil) // the page
//
// Where to read what:
//
//   - entry.go: Entry, one line of the table of verdicts
//   - run.go: a run of items; folder.go: Folder, its files, from which a later run goes on
//   - verdicts.go: the table of verdicts on a terminal
//   - page.go, page.html: the page; prose.go: its text and formulas
package report
