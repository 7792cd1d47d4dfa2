package jinja

// written marks the string literals in an expression that may become part of what the
// template writes, for Options.Literal. It is called for what is printed, assigned,
// iterated over or passed to a macro. A literal that values are compared with or
// searched for is none, so that mapping literals does not change what a template does.
func written(e expression) {
	switch e := e.(type) {
	case *literal:
		e.written = true
	case *operation:
		written(e.left)
		written(e.right)
	case *concatenation:
		writtenAll(e.parts)
	case *choice:
		written(e.value)
		written(e.orelse)
	case *sequence:
		writtenAll(e.items)
	case *mapping:
		writtenAll(e.keys)
		writtenAll(e.values)
	case *attribute:
		written(e.object)
	case *element:
		written(e.object)
	case *slice:
		written(e.object)
	case *call:
		if method, ok := e.function.(*attribute); ok {
			written(method.object)
			writtenArguments(e.args, method.name == "join")
		}
	case *applied:
		if e.test {
			return
		}
		written(e.value)
		writtenArguments(e.args, e.name == "join" || e.name == "default" || e.name == "d")
	}
}

func writtenAll(list []expression) {
	for _, e := range list {
		written(e)
	}
}

func writtenArguments(args []argument, are bool) {
	for _, a := range args {
		if are {
			written(a.value)
		}
	}
}
