// Package schema has the JSON Schemas of answers, made from the types of package ask:
//
//	s, err := schema.Of("optimum")
//
// The schema of a command holds what its answers are and nothing else: a program in another
// language can check an answer, or make its own types from it. Package ask itself
// does without this one, whose library a browser need not carry.
package schema

import (
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"strings"

	"github.com/invopop/jsonschema"

	"markovicl/ask"
	"markovicl/hardness"
	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/train"
)

// answers holds the types of each command's answers. A Results type stands for itself.
var answers = map[string][]reflect.Type{
	"optimum":   {reflect.TypeFor[ask.Results[ask.OptimumAnswer]]()},
	"recover":   {reflect.TypeFor[ask.Results[ask.RecoverAnswer]](), reflect.TypeFor[ask.VerifyAnswer](), reflect.TypeFor[ask.PointAnswer](), reflect.TypeFor[ask.ExactPointAnswer]()},
	"landscape": {reflect.TypeFor[ask.LandscapeAnswer]()},
	"prompt":    {reflect.TypeFor[ask.PromptAnswer]()},
	"hardness":  {reflect.TypeFor[ask.HardnessAnswer](), reflect.TypeFor[ask.RankOneAnswer]()},
	"train":     {reflect.TypeFor[ask.TrainAnswer]()},
	"predict":   {reflect.TypeFor[ask.EvaluationAnswer](), reflect.TypeFor[ask.PredictionAnswer](), reflect.TypeFor[ask.EachAnswer](), reflect.TypeFor[ask.TransitionsAnswer]()},
	"attention": {reflect.TypeFor[ask.AttentionAnswer]()},
	"score":     {reflect.TypeFor[ask.ScoreAnswer]()},
	"reproduce": {reflect.TypeFor[ask.ReproduceAnswer]()},
	"trace":     {reflect.TypeFor[ask.TraceAnswer]()},
}

// Of returns the JSON Schema of the answers of a command. It fails if there is no
// such command.
func Of(command string) (*jsonschema.Schema, error) {
	types, ok := answers[command]
	if !ok {
		return nil, &ask.Error{Kind: ask.Input, Field: "command", Message: fmt.Sprintf("there is no command %q; the commands are %s", command, strings.Join(ask.Commands(), ", "))}
	}
	return Describe(command, types...), nil
}

// Describe returns the JSON Schema of the answers of a command that are of these types.
func Describe(command string, types ...reflect.Type) *jsonschema.Schema {
	root := &jsonschema.Schema{Version: jsonschema.Version, Title: "Answer of markovicl " + command}
	for _, t := range types {
		root.AnyOf = append(root.AnyOf, of(t)...)
	}
	if len(root.AnyOf) == 1 {
		only := root.AnyOf[0]
		only.Version, only.Title = root.Version, root.Title
		return only
	}
	return root
}

// of returns the schema of a type, or the two of Results: a single answer, and several.
func of(t reflect.Type) []*jsonschema.Schema {
	if t.Kind() != reflect.Slice {
		return []*jsonschema.Schema{object(t)}
	}
	several := object(reflect.StructOf([]reflect.StructField{{
		Name: "Results", Type: reflect.SliceOf(t.Elem()), Tag: `json:"results"`,
	}}))
	return []*jsonschema.Schema{object(t.Elem()), several}
}

func object(t reflect.Type) *jsonschema.Schema {
	reflector := &jsonschema.Reflector{Anonymous: true, DoNotReference: true, Mapper: written}
	s := reflector.ReflectFromType(t)
	s.Version = ""
	allowNull(t, s)
	return s
}

// written returns the schema of a type that writes its JSON itself, nil for others.
func written(t reflect.Type) *jsonschema.Schema {
	switch t {
	case reflect.TypeFor[markov.Task]():
		return &jsonschema.Schema{Type: "object", Description: "the task, by the names of the flags"}
	case reflect.TypeFor[big.Rat]():
		return &jsonschema.Schema{Type: "string", Description: "a fraction a/b"}
	case reflect.TypeFor[landscape.Stop]():
		s := &jsonschema.Schema{Type: "string"}
		for _, stop := range landscape.Stops() {
			s.Enum = append(s.Enum, stop)
		}
		return s
	case reflect.TypeFor[hardness.Answer]():
		return orNull(&jsonschema.Schema{Type: "boolean"})
	case reflect.TypeFor[hardness.Status](), reflect.TypeFor[train.Status]():
		return &jsonschema.Schema{Type: "string"}
	}
	return nil
}

// allowNull lets null stand for what is a pointer in Go.
func allowNull(t reflect.Type, s *jsonschema.Schema) {
	if s == nil || written(t) != nil {
		return
	}
	switch t.Kind() {
	case reflect.Pointer:
		allowNull(t.Elem(), s)
	case reflect.Slice:
		allowNull(t.Elem(), s.Items)
		if t.Elem().Kind() == reflect.Pointer {
			s.Items = orNull(s.Items)
		}
	case reflect.Map:
		allowNull(t.Elem(), s.AdditionalProperties)
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			if f.Anonymous {
				embedded := f.Type
				if embedded.Kind() == reflect.Pointer { // its fields are there only where it is
					embedded = embedded.Elem()
					for i := range embedded.NumField() {
						name, _, _ := strings.Cut(embedded.Field(i).Tag.Get("json"), ",")
						s.Required = slices.DeleteFunc(s.Required, func(required string) bool { return required == name })
					}
				}
				allowNull(embedded, s)
				continue
			}
			name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			property, ok := s.Properties.Get(name)
			if !ok {
				continue
			}
			inner := property
			if len(property.OneOf) > 0 { // by the tag nullable
				inner = property.OneOf[0]
			}
			allowNull(f.Type, inner)
			if f.Type.Kind() == reflect.Pointer && !slices.Contains(strings.Split(options, ","), "omitempty") {
				s.Properties.Set(name, orNull(property))
			}
		}
	}
}

func orNull(s *jsonschema.Schema) *jsonschema.Schema {
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{s, {Type: "null"}}}
}
