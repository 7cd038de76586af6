package attack

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// SameAnswer sends each of two requests twice and tells what an observer learns
// from the answers about which of the two it was; "" if nothing. What differs
// between two answers to one request, such as a request ID or the time, tells
// nothing, and neither does it between the two.
//
//	tells, err := attack.SameAnswer(attack.To(api), wrongPassword, unknownUser)
func SameAnswer(send Sender, first, second *http.Request) (difference string, err error) {
	var answers [4]Answer
	for i, r := range []*http.Request{first, second, first, second} {
		if answers[i], err = send(Clone(r)); err != nil {
			return "", err
		}
	}
	return distinguish(answers[0], answers[2], answers[1], answers[3]), nil
}

// distinguish compares two answers to each of two requests.
func distinguish(a1, a2, b1, b2 Answer) (difference string) {
	if a1.Status == a2.Status && b1.Status == b2.Status && a1.Status != b1.Status {
		return fmt.Sprintf("the status is %d for the one and %d for the other", a1.Status, b1.Status)
	}
	names := make(map[string]bool)
	for _, a := range []Answer{a1, a2, b1, b2} {
		for name := range a.Header {
			names[name] = name != "Date" // which two answers in one second share
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if !names[name] {
			continue
		}
		if d := differ(headerText(a1, name), headerText(a2, name), headerText(b1, name), headerText(b2, name)); d != "" {
			return "the header " + name + " is " + d
		}
	}
	if d := differ(a1.Body, a2.Body, b1.Body, b2.Body); d != "" {
		return "the body is " + d
	}
	return ""
}

// headerText is a header as it is on the wire, all lines of it.
func headerText(a Answer, name string) string {
	var text strings.Builder
	for _, value := range a.Header[http.CanonicalHeaderKey(name)] {
		fmt.Fprintf(&text, "%s: %s\n", name, value)
	}
	return strings.TrimPrefix(text.String(), name+": ")
}

// words are the parts of a text of which each may vary by itself: words, and
// what is written in any base64.
var words = regexp.MustCompile(`[\p{L}\p{N}_+/.~-]+|[^\p{L}\p{N}_+/.~-]`)

// differ compares two texts, each had twice, but for the words that vary by
// themselves.
func differ(a1, a2, b1, b2 string) string {
	texts := [][]string{words.FindAllString(a1, -1), words.FindAllString(a2, -1), words.FindAllString(b1, -1), words.FindAllString(b2, -1)}
	told := func() string {
		return fmt.Sprintf("%q for the one and %q for the other", cut(strings.TrimSpace(a1), 100), cut(strings.TrimSpace(b1), 100))
	}
	if len(texts[0]) != len(texts[1]) || len(texts[2]) != len(texts[3]) {
		if a1 == a2 || b1 == b2 {
			return told() // only one of them varies
		}
		return "" // varies as a whole
	}
	if len(texts[0]) != len(texts[2]) {
		return told()
	}
	for i := range texts[0] {
		if texts[0][i] == texts[1][i] && texts[2][i] == texts[3][i] && texts[0][i] != texts[2][i] {
			return told()
		}
	}
	return ""
}
