package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"markovicl/paper"
)

// Kept is what an item leaves in its folder as result.json.
type Kept struct {
	ID       string         `json:"id"`
	Revision int            `json:"revision"`
	Settings paper.Settings `json:"settings"`
	Result   *paper.Result  `json:"result"`
}

// WriteItem writes the files of one item's result below dir/ID: the tables as
// CSV, result.json, and then the plots as SVG and PNG. It returns their names
// relative to dir.
func WriteItem(dir string, item paper.Item, s paper.Settings, r *paper.Result) ([]string, error) {
	folder := filepath.Join(dir, item.ID)
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return nil, err
	}
	var names []string
	write := func(name string, data []byte) error {
		names = append(names, filepath.ToSlash(filepath.Join(item.ID, name)))
		return WriteFile(filepath.Join(folder, name), data)
	}
	for _, table := range r.Tables {
		var data bytes.Buffer
		if err := table.WriteCSV(&data); err != nil {
			return nil, err
		}
		if err := write(table.Name+".csv", data.Bytes()); err != nil {
			return nil, err
		}
	}
	data, err := json.MarshalIndent(Kept{item.ID, item.Revision, s, r}, "", " ")
	if err != nil {
		return nil, fmt.Errorf("%s: the result cannot be written as JSON: %w", item.ID, err)
	}
	if err := write("result.json", append(data, '\n')); err != nil {
		return nil, err
	}
	for _, p := range r.Plots {
		for _, format := range []string{"svg", "png"} {
			data, err := Draw(p, format)
			if err != nil {
				return nil, err
			}
			if err := write(p.Name+"."+format, data); err != nil {
				return nil, err
			}
		}
	}
	return names, nil
}

// ReadItem returns the result that an earlier run kept for the item with the
// same settings, or nil if there is none.
func ReadItem(dir string, item paper.Item, s paper.Settings) (*paper.Result, error) {
	data, err := os.ReadFile(filepath.Join(dir, item.ID, "result.json"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var kept Kept
	if json.Unmarshal(data, &kept) != nil || kept.ID != item.ID || kept.Revision != item.Revision || kept.Settings != s {
		return nil, nil // of another program or other settings: it is redone
	}
	return kept.Result, nil
}

// WriteFile writes data to a file so that a reader, or a crash, sees all of it
// or nothing: to a temporary file in the same folder, then renamed.
func WriteFile(name string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails after the rename, as it should
	if _, err := f.Write(data); err != nil {
		f.Close()
		return err
	}
	if err := f.Sync(); err != nil {
		f.Close()
		return err
	}
	if err := f.Chmod(0o666 &^ 0o022); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
