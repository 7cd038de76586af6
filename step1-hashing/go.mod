module example.com/bookapi/step1-hashing

go 1.26.0

require (
	example.com/bookapi v0.0.0
	github.com/stretchr/testify v1.12.1
	golang.org/x/crypto v0.58.0
)

require (
	github.com/go-chi/chi/v5 v5.5.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace example.com/bookapi v0.0.0 => ../bookapi
