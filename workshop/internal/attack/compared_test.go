package attack

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestAnswersAreToldApartByTheirTimes(t *testing.T) {
	t.Parallel()
	ms := func(times ...int) (all []time.Duration) {
		for _, n := range times {
			all = append(all, time.Duration(n)*time.Millisecond)
		}
		return all
	}
	busy := ms(43, 60, 90, 95, 70, 55, 80, 50, 66)
	for name, test := range map[string]struct {
		there, not   []time.Duration
		enough       bool
		apart, alike bool
	}{
		"a hash and none":                    {ms(200, 210), ms(2, 190), false, true, false},
		"none and a hash":                    {ms(2, 190), ms(200, 210), false, true, false},
		"two hashes, one in a busy moment":   {ms(200, 900), ms(210, 220), true, false, true},
		"two that take no time":              {ms(2, 3), ms(15, 16), true, false, true},
		"a busy machine, nearly all slower":  {ms(107, 120, 94, 200, 130, 111, 150, 140, 160), busy, true, true, false},
		"the same, the other way round":      {busy, ms(107, 120, 94, 200, 130, 111, 150, 140, 160), true, true, false},
		"the same, and there may be more":    {ms(107, 120, 94, 200, 130, 111, 150, 140, 160), busy, false, false, false},
		"a busy machine, in no order at all": {ms(75, 80, 76, 78, 90, 77, 79, 81, 82), ms(43, 200, 90, 95, 70, 155, 80, 150, 66), true, false, false},
	} {
		apart, alike := compared(test.there, test.not, test.enough)
		assert.Equal(t, [2]bool{test.apart, test.alike}, [2]bool{apart, alike}, name)
	}
}
