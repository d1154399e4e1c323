# make run   the main job: the window, or the same journey on the command line when there is no display
# make test  everything CI runs
.PHONY: run test window deb soak mutants bench fmt clean-demo advisories help

run:
	@installer/linux/run-demo.sh

test:
	@.ci/test.sh

# The journey of the real window by WebDriver; needs a finished build.
window:
	@.ci/test.sh window

deb:
	@installer/linux/make-deb.sh

# Deliberate bugs, each of which a test must see; DRAW=20 draws as many by cargo-mutants instead.
mutants:
	@tests/mutants/run.sh $(if $(DRAW),--draw $(DRAW))

# What `make test` plays in short, at length; one part with PART=kills.
soak:
	@tests/soak.sh $(PART)

# The numbers, from a release build; one part with PART=search. A missed gate is said and fails nothing.
bench:
	@tests/bench/run.sh $(PART)

fmt:
	@cargo fmt --all

clean-demo:
	@rm -rf .demo

# Needs the RustSec database, which not every network reaches.
advisories:
	@cargo deny --locked check advisories || echo "SKIPPED LOUDLY: advisory database not reached"

help:
	@sed -n '1,2p' Makefile
