package sweep_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"markovicl/sweep"
)

// manifest returns the Job of docs/sweeps.md as YAML.
func manifest(t *testing.T) string {
	t.Helper()
	document := string(mustRead(t, "../docs/sweeps.md"))
	_, rest, found := strings.Cut(document, "    apiVersion: batch/v1\n")
	if !found {
		t.Fatal("docs/sweeps.md has no Job")
	}
	text := "apiVersion: batch/v1\n"
	for line := range strings.Lines(rest) {
		line, indented := strings.CutPrefix(line, "    ")
		if !indented {
			break
		}
		text += line
	}
	return text
}

// The Job of docs/sweeps.md is one by the schema of Kubernetes, in which no unknown field
// stands, and it deals out as many shards as it has completions.
func TestKubernetesManifest(t *testing.T) {
	data, err := os.Open("testdata/kubernetes-job.json")
	if err != nil {
		t.Fatal(err)
	}
	defer data.Close()
	document, err := jsonschema.UnmarshalJSON(data)
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("job.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("job.json")
	if err != nil {
		t.Fatal(err)
	}
	check := func(text string) error {
		data, err := yaml.YAMLToJSON([]byte(text))
		if err != nil {
			return err
		}
		job, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			return err
		}
		return schema.Validate(job)
	}
	text := manifest(t)
	if err := check(text); err != nil {
		t.Errorf("the manifest: %v", err)
	}
	for right, wrong := range map[string]string{
		"completions: 16":         "completion: 16",
		"parallelism: 16":         "parallelism: many",
		"restartPolicy:":          "restartsPolicy:",
		"claimName: sweep":        "claim: sweep",
		"memory: 8Gi":             "memory: 8GiB",
		"image: registry":         "images: registry",
		"completionMode: Indexed": "completionMode: [Indexed]",
		"- name: shared\n":        "- names: shared\n",
	} {
		bad := strings.Replace(text, right, wrong, 1)
		if bad == text || check(bad) == nil {
			t.Errorf("%q instead of %q is a Job", wrong, right)
		}
	}
	var job struct {
		Spec struct {
			Completions    int
			CompletionMode string `json:"completionMode"`
			Template       struct {
				Spec struct {
					Containers []struct{ Command []string }
				}
			}
		}
	}
	object, err := yaml.YAMLToJSON([]byte(text))
	if err == nil {
		err = json.Unmarshal(object, &job)
	}
	if err != nil || len(job.Spec.Template.Spec.Containers) != 1 || job.Spec.CompletionMode != "Indexed" {
		t.Fatalf("%+v, %v", job, err)
	}
	command := job.Spec.Template.Spec.Containers[0].Command
	at := slices.Index(command, "--shard")
	if at < 0 || at+1 == len(command) {
		t.Fatalf("the command %q has no shard", command)
	}
	for i := range job.Spec.Completions {
		s, err := sweep.ParseShard(command[at+1], func(name string) string {
			return map[string]string{"JOB_COMPLETION_INDEX": fmt.Sprint(i)}[name]
		})
		if err != nil || s != (sweep.Shard{Index: i + 1, Count: job.Spec.Completions}) {
			t.Errorf("completion %d is the shard %v, %v", i, s, err)
		}
	}
}
