package chainfile

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"markovicl/markov"
)

// open reads an example file of the project.
func open(t testing.TB, name string, opts Options) *Sequences {
	t.Helper()
	f, err := os.Open("../examples/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := Read(f, name, opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The examples are what examples/README.md says they are.
func TestExamples(t *testing.T) {
	genome := open(t, "lambda_phage.fa", Options{})
	if got, want := genome.String(), `lambda_phage.fa: FASTA, nucleotides; 1 sequence with 48502 symbols of 4 states "ACGT"`; got != want {
		t.Errorf("got %s, want %s", got, want) // 48,502 bp: NC_001416.1
	}
	strands := open(t, "lambda_phage.fa", Options{Classes: mustClasses(t, "purine=AG,pyrimidine=CT")})
	for i, state := range genome.List[0].States {
		if strands.List[0].States[i] != state%2 { // A C G T are 0 1 2 3
			t.Fatalf("nucleotide %d is %s and %s", i, genome.Labels[state], strands.Labels[strands.List[0].States[i]])
		}
	}
	letters := mustClasses(t, "vowel=aeiou,consonant=bcdfghjklmnpqrstvwxyz")
	lines, joined := open(t, "opticks.txt", Options{Classes: letters}), open(t, "opticks.txt", Options{Classes: letters, JoinLines: true})
	if len(joined.List) != 1 || len(lines.List) < 1000 || lines.Len() != joined.Len() || joined.Len() < 50_000 {
		t.Errorf("%s\n%s", lines, joined)
	}

	collatz := open(t, "collatz.csv", Options{})
	for i, q := range collatz.List {
		x := i + 1
		for k, state := range q.States {
			if int(state) != x%2 {
				t.Fatalf("start %s, step %d: %d, want %d", q.Name, k, state, x%2)
			}
			if x%2 == 1 {
				x = 3*x + 1
			} else {
				x /= 2
			}
		}
		if q.Name != fmt.Sprint(i+1) || len(q.States) != 13 {
			t.Fatalf("row %d is %q with %d states", i, q.Name, len(q.States))
		}
	}

	primes := open(t, "primes.csv", Options{Column: "residue"})
	var residues []markov.State
	for p := 5; len(residues) < 2000; p += 2 {
		prime := true
		for k := 3; k*k <= p; k += 2 {
			prime = prime && p%k != 0
		}
		if prime {
			residues = append(residues, markov.State(p%3-1))
		}
	}
	if len(primes.List) != 1 || !slices.Equal(primes.List[0].States, residues) {
		t.Errorf("%s is not the residues of the primes from 5 on", primes)
	}
	if auto := open(t, "primes.csv", Options{}); !slices.Equal(auto.List[0].States, residues) {
		t.Errorf("%s was not recognised as a series", auto)
	}
}
