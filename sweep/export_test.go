package sweep

// Deal is how a shard is dealt its questions.
func Deal(s Shard, cost []float32) []int32 { return s.deal(cost) }
