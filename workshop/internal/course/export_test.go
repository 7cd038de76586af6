package course

// Parses is how many files of the steps were parsed since the course was loaded.
func (c *Course) Parses() int { return c.parser.Parses() }
