module example.com/bookapi/step5-hardening

go 1.26.0

// The program drags in the SQL driver, which takes a minute to compile: nothing
// for ./... in the red-green loop. Named in full it runs as ever, and as a tool
// it keeps what it requires.
ignore ./cmd

tool example.com/bookapi/step5-hardening/cmd/bookapi

require (
	example.com/bookapi v0.0.0
	example.com/bookapi/step1-hashing v0.0.0
	example.com/bookapi/step2-token v0.0.0
	example.com/bookapi/step3-protect v0.0.0
	example.com/bookapi/step4-authz v0.0.0
	github.com/go-chi/chi/v5 v5.5.0
	github.com/golang-jwt/jwt/v5 v5.3.1
	github.com/stretchr/testify v1.12.1
	golang.org/x/crypto v0.58.0
)

require (
	github.com/VictoriaMetrics/metrics v1.44.0 // indirect
	github.com/dustin/go-humanize v1.1.0 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/jackc/pgpassfile v1.0.0 // indirect
	github.com/jackc/pgservicefile v0.0.0-20240606120523-5a60cdf6a761 // indirect
	github.com/jackc/pgx/v5 v5.12.0 // indirect
	github.com/jackc/puddle/v2 v2.2.3 // indirect
	github.com/mattn/go-isatty v0.0.24 // indirect
	github.com/ncruces/go-strftime v1.1.0 // indirect
	github.com/remyoudompheng/bigfft v0.0.0-20230129092748-24d4a6f8daec // indirect
	github.com/swaggest/swgui v1.8.8 // indirect
	github.com/valyala/fastrand v1.1.0 // indirect
	github.com/valyala/histogram v1.2.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/sync v0.24.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/term v0.47.0 // indirect
	golang.org/x/text v0.43.0 // indirect
	modernc.org/libc v1.79.0 // indirect
	modernc.org/mathutil v1.7.1 // indirect
	modernc.org/memory v1.12.1 // indirect
	modernc.org/sqlite v1.61.1 // indirect
)

replace (
	example.com/bookapi v0.0.0 => ../../bookapi
	example.com/bookapi/step1-hashing v0.0.0 => ../step1-hashing
	example.com/bookapi/step2-token v0.0.0 => ../step2-token
	example.com/bookapi/step3-protect v0.0.0 => ../step3-protect
	example.com/bookapi/step4-authz v0.0.0 => ../step4-authz
)
