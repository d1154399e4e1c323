//! Fakes for every port and contract suites; dev-dependency only.
