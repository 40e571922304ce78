package sweep

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// DefaultMemory is three quarters of the machine's memory, as far as it is known, else
// 4 GB.
func DefaultMemory() int64 {
	data, err := os.ReadFile("/proc/meminfo")
	var kilobytes int64
	if err == nil {
		if _, err := fmt.Sscanf(string(data), "MemTotal: %d kB", &kilobytes); err == nil && kilobytes > 0 {
			return kilobytes * 1024 / 4 * 3
		}
	}
	return 4e9
}

// ParseBytes reads an amount of memory, such as 500MB or 8GB, in powers of 1000, or of 1024
// as MiB and GiB. An empty text is 0, which leaves the amount open.
func ParseBytes(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	for _, unit := range []struct {
		name  string
		bytes float64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1}, {"", 1}} {
		digits, ok := strings.CutSuffix(text, unit.name)
		if !ok {
			continue
		}
		x, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
		if err != nil || !(x*unit.bytes >= 1) || x*unit.bytes > 1e18 {
			break
		}
		return int64(x * unit.bytes), nil
	}
	return 0, badf("memory", "`memory` %q: write an amount such as 500MB or 8GB", text)
}
