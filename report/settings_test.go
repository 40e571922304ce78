package report

import (
	"testing"

	"markovicl/paper"
)

// What is not usual is in the command that does a result again and in the name of its
// folder.
func TestSettings(t *testing.T) {
	item := paper.Item{ID: "fig6"}
	for _, c := range []struct {
		settings        paper.Settings
		command, folder string
	}{
		{paper.Settings{Seed: 1}, "markovicl reproduce fig6 --out out", "fig6"},
		{paper.Settings{Seed: 2, Quick: true, D: 4, Models: "tiny,small"}, "markovicl reproduce fig6 --quick --seed 2 --d 4 --models tiny,small --out out", "fig6-quick-seed2-d4-tiny-small"},
		{paper.Settings{Seed: 1, Seeds: 3}, "markovicl reproduce fig6 --seeds 3 --out out", "fig6-seeds3"},
	} {
		if got := Command(item.ID, c.settings); got != c.command {
			t.Errorf("%+v: %q, want %q", c.settings, got, c.command)
		}
		f, err := OpenFolder(t.TempDir(), c.settings)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.folder(item); got != c.folder {
			t.Errorf("%+v: folder %q, want %q", c.settings, got, c.folder)
		}
	}
}
