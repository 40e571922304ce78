package paper

import (
	"fmt"
	"reflect"
)

// TableOf returns a table with a row for each element of rows. T is a struct; each of
// its fields is a column, named by the field's tag `column:"name"`. A pointer that is
// nil is a cell without a value. A field that is an estimate, or a pointer to one, is
// two columns: the mean, and under the name with _se its standard error. The columns of
// an embedded struct stand in its place.
func TableOf[T any](name, caption string, rows []T) Table {
	t := Table{Name: name, Caption: caption, Columns: columnsOf(reflect.TypeFor[T]())}
	for _, row := range rows {
		t.Rows = append(t.Rows, rowOf(reflect.ValueOf(row)))
	}
	return t
}

func columnsOf(row reflect.Type) []string {
	var columns []string
	for i := range row.NumField() {
		field := row.Field(i)
		column := field.Tag.Get("column")
		switch {
		case field.Anonymous:
			columns = append(columns, columnsOf(field.Type)...)
		case column == "":
			panic(fmt.Sprintf("paper: field %s of %v has no column", field.Name, row))
		case isEstimate(field.Type):
			columns = append(columns, column, column+"_se")
		default:
			columns = append(columns, column)
		}
	}
	return columns
}

func rowOf(row reflect.Value) []any {
	var cells []any
	for i := range row.NumField() {
		if row.Type().Field(i).Anonymous {
			cells = append(cells, rowOf(row.Field(i))...)
		} else {
			cells = append(cells, cellsOf(row.Field(i))...)
		}
	}
	return cells
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
