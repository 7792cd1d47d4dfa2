// Package jinja reads and renders the templates of chats: the part of Jinja2 that they
// use, in the dialect of Hugging Face's transformers.
//
// # Terms
//
//   - Tag: {% ... %}, which makes a statement; {{ ... }} prints an expression.
//   - Value: what an expression gives; see [Value].
//   - Scope: the variables of a template, a loop's iteration, a macro or a block.
//   - Written literal: text of the template itself that may become part of the output,
//     which [Options].Literal maps.
//
// [Parse] reads a template into a tree, [Template.Render] goes over the tree. The
// reference is Jinja2 3.1.6 as transformers 5.23 uses it: an immutable sandbox,
// trim_blocks, lstrip_blocks, no escaping, and undefined values that print as nothing.
// Values print as in Python.
//
// What is implemented:
//
//   - if, for with else, if, break and continue, set of names, namespaces and blocks,
//     macro, generation (which marks nothing here), comments, white space
//     control;
//   - all operators but **; conditional expressions; tests; slices;
//   - loop: index, index0, revindex, revindex0, first, last, length, previtem, nextitem;
//   - functions: dict, namespace, raise_exception, range, strftime_now in the C locale;
//   - filters: capitalize, count, d, default, dictsort, first, float, indent, int, items,
//     join, last, length, list, lower, map, reject, rejectattr, replace, reverse, safe,
//     select, selectattr, sort, string, title, tojson, trim, upper;
//   - tests: boolean, defined, divisibleby, even, false, float, in, integer, iterable,
//     mapping, none, number, odd, sequence, string, true, undefined, and comparisons;
//   - methods of strings: capitalize, count, endswith, find, join, lower, lstrip,
//     removeprefix, removesuffix, replace, rfind, rstrip, split, splitlines, startswith,
//     strip, title, upper; and of dicts: get, items, keys, values.
//
// All else is refused with an error, by [Parse] where it can be seen there: statements
// such as include, block, call, filter and raw, recursive loops, arguments by *, attributes that
// Python has and this package lacks, integers beyond 64 bits in arithmetic, upper case
// beyond ASCII, and keys of dicts that are not text. Where there is text, it is the
// reference's.
//
// A template is not trusted: depth, work and text are bounded, so that one that never
// ends is an error within about a second, and no template panics.
package jinja
