// Package contract holds the steps that show an OpenAPI document to it: they
// serve what it describes, and answer as it says.
package contract
