package web

import (
	"net/http"
	"time"

	"example.com/bookapi/workshop/internal/attack"
	"example.com/bookapi/workshop/internal/stepserver"
)

// attackServer attacks the server of a step while it runs, and answers with the
// report. One attack runs at a time, and it ends when the page goes.
func (s *Server) attackServer(w http.ResponseWriter, r *http.Request) {
	step, ok := s.stepOf(r)
	status := s.runner.Status()
	if !ok || status.Phase != stepserver.Serving || status.Step != step.Number {
		answerJSON(w, http.StatusConflict, problem{"The server of this step does not run: start it first."})
		return
	}
	if !s.attacking.TryLock() {
		answerJSON(w, http.StatusConflict, problem{"An attack is running already: wait for its end."})
		return
	}
	defer s.attacking.Unlock()
	control := http.NewResponseController(w) // it takes longer than a page
	_ = control.SetReadDeadline(time.Time{})
	_ = control.SetWriteDeadline(time.Now().Add(attack.MaxTime + time.Minute))
	profile, err := attack.ReadProfile("course")
	var report *attack.Report
	if err == nil {
		report, err = attack.Attack(r.Context(), status.Address, attack.Options{Write: true, Profile: profile})
	}
	if err != nil {
		answerJSON(w, http.StatusBadGateway, problem{err.Error()})
		return
	}
	answerJSON(w, http.StatusOK, report)
}
