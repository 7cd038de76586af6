package bookapi

// NotWritten is the error of an exercise that still waits for its learner. Its
// value is the exercise: NotWritten("1.4"). Over HTTP it becomes a 501.
type NotWritten string

func (e NotWritten) Error() string {
	return "exercise " + string(e) + " is not written yet"
}
