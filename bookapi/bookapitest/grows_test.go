package bookapitest_test

import (
	"crypto/sha256"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/bookapi/bookapitest"
)

func TestGrowsTellsACacheWithoutALimit(t *testing.T) {
	var whole sync.Map
	assert.ErrorContains(t, bookapitest.Grows(1000, func(n int) { whole.Store(fmt.Sprint("token ", n), true) }), "bytes")
	digests := make(map[[32]byte]struct{})
	assert.ErrorContains(t, bookapitest.Grows(1000, func(n int) { digests[sha256.Sum256(fmt.Append(nil, n))] = struct{}{} }), "bytes")

	last := make([]string, 100)
	assert.NoError(t, bookapitest.Grows(1000, func(n int) { last[n%len(last)] = fmt.Sprint("token ", n) }), "the last hundred")
	assert.NoError(t, bookapitest.Grows(1000, func(n int) { _ = fmt.Sprint("token ", n) }))
}
