package predict

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"markovicl/chainfile"
	"markovicl/markov"
)

// Transitions describes the one kernel that is taken to have made a whole file.
type Transitions struct {
	Counts         *chainfile.Counts
	Probabilities  []float64 // [S*S] posterior means under a prior of independent Dirichlet rows
	StandardErrors []float64 // [S*S] posterior standard deviations
	Stationary     []float64 // [S] stationary law of the frequencies of transitions; nil if they have none or several
	WhyNot         string    // why Stationary is nil
	Order          OrderTest
}

// NewTransitions estimates the kernel of a file. With counts n_s of the
// transitions from state s and the prior Dirichlet(alpha_s), entry r of row s has
// the posterior law Beta(a, A-a) with a = alpha_sr + n_sr and A the sum of the row:
// its mean is a/A, its variance a(A-a) / (A^2 (A+1)). The prior must be of order 1
// and have a row for each state.
func NewTransitions(c *chainfile.Counts, prior markov.Prior) (*Transitions, error) {
	S := len(c.Labels)
	if prior.Mixture() != nil || prior.Rows() != S || prior.States() != S {
		return nil, fmt.Errorf("the prior has %d rows of %d states, and transitions of %d states need one row for each", prior.Rows(), prior.States(), S)
	}
	t := &Transitions{Counts: c, Probabilities: make([]float64, S*S), StandardErrors: make([]float64, S*S)}
	for s := range S {
		alpha := prior.Alpha(s)
		var sum float64
		for r, a := range alpha {
			alpha[r] = a + float64(c.Two[s*S+r])
			sum += alpha[r]
		}
		for r, a := range alpha {
			t.Probabilities[s*S+r] = a / sum
			t.StandardErrors[s*S+r] = math.Sqrt(a / sum * ((sum - a) / sum) / (sum + 1))
		}
	}
	t.Stationary, t.WhyNot = stationaryOf(c)
	t.Order = testOrder(c)
	return t, nil
}

// stationaryOf returns the stationary law of the frequencies of transitions: the
// one law mu with mu P = mu, which there is if the states that lead to each other
// and to no others form one class. States outside of it have probability 0.
func stationaryOf(c *chainfile.Counts) (law []float64, whyNot string) {
	S := len(c.Labels)
	reach := make([][]bool, S) // reach[a][b]: b can come after a
	for a := range reach {
		reach[a] = make([]bool, S)
		reach[a][a] = true
		for b := range S {
			reach[a][b] = reach[a][b] || c.Two[a*S+b] > 0
		}
	}
	for k := range S {
		for a := range S {
			if reach[a][k] {
				for b := range S {
					reach[a][b] = reach[a][b] || reach[k][b]
				}
			}
		}
	}
	class := -1 // a state of the closed class
	member := func(of, s int) bool { return reach[of][s] && reach[s][of] }
	for a := range S {
		closed := c.One[a] > 0
		var out int64
		for b := range S {
			out += c.Two[a*S+b]
			closed = closed && (!reach[a][b] || reach[b][a])
		}
		switch {
		case !closed:
		case out == 0:
			return nil, fmt.Sprintf("%q is never followed by a state, so chains end there", c.Labels[a])
		case class >= 0 && !member(class, a):
			return nil, fmt.Sprintf("%q and %q never lead to each other and are never left, so the long run depends on the beginning", c.Labels[class], c.Labels[a])
		case class < 0:
			class = a
		}
	}
	if class < 0 {
		return nil, "there are no transitions"
	}
	var states []int
	for s := range S {
		if member(class, s) {
			states = append(states, s)
		}
	}
	return solveStationary(c, states), ""
}

// solveStationary solves mu P = mu with the sum 1 within a class, by elimination
// of one state after the other without subtractions (Grassmann, Taksar and Heyman
// 1985), so that small probabilities keep their digits.
func solveStationary(c *chainfile.Counts, states []int) []float64 {
	S, n := len(c.Labels), len(states)
	p := mat.NewDense(n, n, nil)
	for i, a := range states {
		var sum float64
		for _, b := range states {
			sum += float64(c.Two[a*S+b])
		}
		for j, b := range states {
			p.Set(i, j, float64(c.Two[a*S+b])/sum)
		}
	}
	for k := n - 1; k > 0; k-- {
		var out float64
		for j := range k {
			out += p.At(k, j)
		}
		for i := range k {
			f := p.At(i, k) / out
			p.Set(i, k, f)
			for j := range k {
				p.Set(i, j, p.At(i, j)+f*p.At(k, j))
			}
		}
	}
	mu := make([]float64, n)
	mu[0] = 1
	for k := 1; k < n; k++ {
		for i := range k {
			mu[k] += mu[i] * p.At(i, k)
		}
	}
	normalise(mu)
	law := make([]float64, S)
	for i, a := range states {
		law[a] = mu[i]
	}
	return law
}

// OrderTest compares Markov chains of order 0, 1 and 2 on the same positions:
// those with two states before them in their sequence.
type OrderTest struct {
	Positions int64
	Models    [3]OrderModel
	Tests     []OrderComparison // 0 against 1, 1 against 2
	Chosen    int               // the order of the smallest BIC
}

// OrderModel is the maximum of the likelihood at one order.
type OrderModel struct {
	Order         int     `json:"order"`
	LogLikelihood float64 `json:"log_likelihood"`
	Parameters    int     `json:"parameters"` // contexts that occur times (states that follow - 1)
	BIC           float64 `json:"bic"`        // parameters log(positions) - 2 log likelihood
}

// OrderComparison is a likelihood-ratio test of one order against the next.
type OrderComparison struct {
	Null        int     `json:"null"`
	Alternative int     `json:"alternative"`
	Statistic   float64 `json:"statistic"` // twice the gain in log likelihood
	Freedom     int     `json:"degrees_of_freedom"`
	P           float64 `json:"p_value"` // of the chi-square law; 1 without degrees of freedom
}

func testOrder(c *chainfile.Counts) OrderTest {
	S := len(c.Labels)
	n0, n1 := make([]int64, S), make([]int64, S*S) // by the states that follow, and by the one before
	var test OrderTest
	var logTwo float64
	contexts2 := 0
	for a := range S {
		for b := range S {
			row := make([]int64, S)
			for s := range row {
				row[s] = c.Triple(markov.State(a), markov.State(b), markov.State(s))
				n0[s] += row[s]
				n1[b*S+s] += row[s]
			}
			if sum, l := rowLikelihood(row); sum > 0 {
				contexts2++
				logTwo += l
				test.Positions += sum
			}
		}
	}
	followed := 0
	for _, n := range n0 {
		if n > 0 {
			followed++
		}
	}
	contexts1, logOne := 0, 0.0
	for b := range S {
		if sum, l := rowLikelihood(n1[b*S : (b+1)*S]); sum > 0 {
			contexts1++
			logOne += l
		}
	}
	_, logZero := rowLikelihood(n0)
	for k, m := range []struct {
		contexts int
		log      float64
	}{{1, logZero}, {contexts1, logOne}, {contexts2, logTwo}} {
		parameters := m.contexts * max(0, followed-1)
		model := OrderModel{k, m.log, parameters, -2 * m.log}
		if test.Positions > 0 {
			model.BIC += float64(parameters) * math.Log(float64(test.Positions))
		}
		test.Models[k] = model
		if k > 0 {
			test.Tests = append(test.Tests, compareOrders(test.Models[k-1], model))
		}
		if model.BIC < test.Models[test.Chosen].BIC {
			test.Chosen = k
		}
	}
	return test
}

// rowLikelihood returns the number of transitions of a row and their log
// likelihood under their own frequencies.
func rowLikelihood(row []int64) (sum int64, log float64) {
	for _, n := range row {
		sum += n
	}
	for _, n := range row {
		if n > 0 {
			log += float64(n) * math.Log(float64(n)/float64(sum))
		}
	}
	return sum, log
}

func compareOrders(null, alternative OrderModel) OrderComparison {
	t := OrderComparison{Null: null.Order, Alternative: alternative.Order, P: 1,
		Statistic: max(0, 2*(alternative.LogLikelihood-null.LogLikelihood)),
		Freedom:   alternative.Parameters - null.Parameters}
	if t.Freedom > 0 {
		t.P = distuv.ChiSquared{K: float64(t.Freedom)}.Survival(t.Statistic)
	}
	return t
}
