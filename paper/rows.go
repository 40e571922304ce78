package paper

import (
	"fmt"
	"reflect"
)

// TableOf returns a table with a row for each element of rows. T is a struct; each of
// its fields is a column, named by the field's tag `column:"name"`. A pointer that is
// nil is a cell without a value. A field that is an estimate, or a pointer to one, is
// two columns: the mean, and under the name with _se its standard error.
func TableOf[T any](name, caption string, rows []T) Table {
	t := Table{Name: name, Caption: caption}
	kind := reflect.TypeFor[T]()
	for i := range kind.NumField() {
		field := kind.Field(i)
		column := field.Tag.Get("column")
		if column == "" {
			panic(fmt.Sprintf("paper: field %s of %v has no column", field.Name, kind))
		}
		t.Columns = append(t.Columns, column)
		if isEstimate(field.Type) {
			t.Columns = append(t.Columns, column+"_se")
		}
	}
	for _, row := range rows {
		value := reflect.ValueOf(row)
		var cells []any
		for i := range kind.NumField() {
			cells = append(cells, cellsOf(value.Field(i))...)
		}
		t.Add(cells...)
	}
	return t
}

func isEstimate(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t == reflect.TypeFor[estimate]()
}

// cellsOf returns the cell of a field, or the two of an estimate.
func cellsOf(field reflect.Value) []any {
	pair := isEstimate(field.Type())
	if field.Kind() == reflect.Pointer {
		if field.IsNil() {
			if pair {
				return []any{nil, nil}
			}
			return []any{nil}
		}
		field = field.Elem()
	}
	if pair {
		e := field.Interface().(estimate)
		return []any{e.Mean, e.SE}
	}
	return []any{field.Interface()}
}
