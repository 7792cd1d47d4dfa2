"""Small templates and the variables they are rendered with, for jinja.json."""

VARIABLES = {
    "n": None, "t": True, "f": 2.0, "e": 1e-05, "i": 3, "neg": -7, "s": "Hello World", "u": "e\u0301\u00e9\U0001F600", "q": "it's \"x\"\n\\",
    "l": [3, 1, 2], "d": {"b": 1, "a": [1, 2.5, None], "items": "I"}, "m": [{"r": "user", "c": "x"}, {"r": "tool", "c": "y"}, {"r": "user"}],
    "empty": [], "es": "", "big": 2**80, "nl": "a\n b\n\nc", "ws": " \t\x1c\u00a0x\u3000 ",
}

LINES = r"""
{{ n }}|{{ t }}|{{ f }}|{{ e }}|{{ i }}|{{ s }}|{{ l }}|{{ d }}|{{ q }}|{{ [q] }}|{{ big }}|{{ missing }}
{{ (1,) }}{{ (1, 2) }}{{ () }}{{ [u, '\x00\u200b\n', "a'b", 'a"b', "a'b\"c"] }}
{{ 1500.0 }} {{ 1e16 }} {{ 1e15 }} {{ 0.1 }} {{ 1e400 }} {{ -1e400 }} {{ 123456789.0 }} {{ 5e-324 }}
{{ 1_000 }}
{{ 0x1F }}
{{ 007 }}
{{ 'a' 'b' }}{{ "\t\x41\u00e9\101\q\'" }}
{{ 1 + 2 * 3 - 4 // 3 % 4 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 7 / 2 }} {{ 'ab' * 3 }}{{ 3 * 'ab' }} {{ true + 1 }} {{ 2 - f }}
{{ 2 ** 10 }}
{{ 2 ** 3 ** 2 }}
{{ -2 ** 2 }}
{{ 1 ~ 2 ~ 'x' ~ n ~ missing ~ f }} {{ 'a' ~ 1 + 2 }}
{{ 'a' + 1 }}
{{ 'a' + n }}
{{ 'a' + missing }}
{{ missing.x }}
{{ missing['x'] }}
{{ n.x }}|{{ n['x'] }}|{{ s.nope }}|{{ i.nope }}|{{ d.nope }}|{{ l.nope }}
{{ missing() }}
{{ s() }}
{{ 1 < 2 }} {{ 1 == 1.0 }} {{ 'a' < 'b' }} {{ true == 1 }} {{ [1] == [1.0] }} {{ {'a': 1} == {'a': true} }} {{ n == none }} {{ missing == missing }} {{ n == missing }} {{ (1,) == [1] }}
{{ 1 < 2 < 3 }}{{ 1 < 3 < 2 }}{{ 3 > 2 < 5 == 5 }}{{ 1 in [1] in [[1], true] }}
{{ n < 1 }}
{{ 'ell' in s }} {{ 'x' not in s }} {{ 2 in l }} {{ 'a' in d }} {{ 1 in d }} {{ 'x' in missing }} {{ 'c' in m[0] }} {{ m[0] in m }}
{{ 'x' in n }}
{{ 1 in s }}
{{ not n and t or f }} {{ n or 'x' }} {{ es or empty or 0 }} {{ t and i }} {{ not not t }}
{{ 'y' if t else 'n' }}{{ 'y' if n }}{{ 'a' if n else 'b' if n else 'c' }}
{{ l[0] }}{{ l[-1] }}{{ l[5] }}{{ s[1] }}{{ s[-1] }}{{ u[2] }}{{ d['b'] }}{{ d.b }}{{ d['zz'] }}{{ l[true] }}{{ m[0].r }}{{ m.0.r }}
{{ l[1:] }}{{ l[::-1] }}{{ s[1:4] }}{{ s[::-2] }}{{ l[-2:] }}{{ u[1:] }}{{ l[:1] }}{{ l[5:] }}{{ s[:-1] }}{{ (1, 2, 3)[1:] }}{{ l[2:0:-1] }}
{{ l[::0] }}
{{ d[1:] }}
{{ missing[1:] }}
{{ d.items() | list }}{{ d.keys() | list }}{{ d.values() | list }}{{ d.get('b') }}{{ d.get('x') }}{{ d.get('x', 5) }}{{ d['items'] }}
{{ d.items is defined }}
{% for k, v in d.items() %}{{ loop.index }}{{ k }}={{ v }};{% endfor %}
{% for k in d %}{{ k }}{% endfor %}{% for c in u %}[{{ c }}]{% endfor %}{% for x in missing %}x{% else %}none{% endfor %}{% for x in empty %}{% else %}E{% endfor %}
{% for x in n %}{% endfor %}
{% for x in 3 %}{% endfor %}
{% for a, b in [[1, 2], [3, 4]] %}{{ a }}{{ b }}{% endfor %}{% for a, b in ['xy'] %}{{ b }}{{ a }}{% endfor %}
{% for a, b in [[1, 2, 3]] %}{% endfor %}
{% for x in l if x > 1 %}{{ loop.index }}/{{ loop.length }}:{{ x }} {% endfor %}{% for k, v in d.items() if v is number %}{{ k }}{% endfor %}
{% for x in l %}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.previtem }}{{ loop.nextitem }};{% endfor %}
{% for x in l %}{% if x == 1 %}{% continue %}{% endif %}{{ x }}{% if x == 2 %}{% break %}{% endif %}{% endfor %}
{% for x in l %}{% set y = x %}{{ y }}{% endfor %}{{ y }}
{% set y = 9 %}{% for x in l %}{{ y }}{% set y = x %}{{ y }},{% endfor %}{{ y }}
{% for x in l %}{% if x == 3 %}{% set z = 1 %}{% endif %}{{ z is defined }}{% endfor %}
{% for x in l %}{% for y in l %}{{ loop.index }}{% endfor %}{{ loop.index }} {% endfor %}
{% set ns = namespace(a=1, b='x') %}{% for x in l %}{% set ns.a = ns.a + x %}{% endfor %}{{ ns.a }}{{ ns.b }}{{ ns['a'] }}{{ ns.c }}
{% set ns = namespace() %}{% set ns.x = 1 %}{{ ns.x }}
{% set d.x = 1 %}
{% set missing.x = 1 %}
{% set ns = namespace(_a=1) %}
{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set c = 1, 2 %}{{ c }}
{% set a, b = l %}
{% set x %}a{{ i }}b{% endset %}{{ x }}{{ x | length }}
{% set x | upper %}a{% endset %}{{ x }}
{% macro f(a, b=2, c='z' ~ b) %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ f(1) }} {{ f(1, 3) }} {{ f(a=4, c=5) }} {{ f() }}
{% macro f(a) %}{{ a }}{% endmacro %}{{ f(1, 2) }}
{% macro f(a) %}{{ a }}{% endmacro %}{{ f(b=2) }}
{% macro f(a, b=a, c=d, d=4) %}{{ a }}{{ b }}{{ c }}{{ d }}{% endmacro %}{% set d = 9 %}{{ f(1) }} {{ f(1, d=2) }}
{% macro f(a,) %}{{ a }}{% endmacro %}{{ f(1) }}
{% macro f(a=1, b) %}{{ a }}{% endmacro %}{{ f(1, 2) }}
{{ s.upper.x }}{{ s.isdigit is defined }}
{{ s.isdigit() }}
{{ l.count is defined }}
{{ l.count(1) }}
{% for x in l %}{% set y %}{{ x }}{% if x == 1 %}{% break %}{% endif %}{% endset %}{{ y }}{% endfor %}
{% for x in l %}{% generation %}{{ x }}{% if x == 1 %}{% continue %}{% endif %}!{% endgeneration %}?{% endfor %}
{% for x in l %}{% macro f() %}{{ loop.index }}{% endmacro %}{{ f() }}{% endfor %}
{% for x in l if loop %}{{ x }}{% endfor %}
{% for x in l %}{% for y in l if loop.index == 2 %}{{ x }}{{ y }} {% endfor %}{% endfor %}
{% for x in l %}{{ loop }}{% endfor %}
{% for x in l %}{{ loop is defined }}{{ loop.nope is defined }}{% else %}{{ loop is defined }}{% endfor %}{{ loop is defined }}
{% macro f() %}{{ g() }}{% endmacro %}{% macro g() %}G{% endmacro %}{{ f() }}
{% set f = raise_exception %}{{ f is defined }}{{ range is defined }}{% set u = s.upper %}{{ u() }}
{% set u = d.get %}{{ u('b') }}
{{ '<' ~ ('' | safe) }}{{ [1, 2, 3][1:] + [4] }}{{ (not n) | string }}
{% macro f(n) %}{{ n }}{% if n > 0 %},{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(5) }}
{% set g = 1 %}{% macro f() %}{{ g }}{% set g = 2 %}{{ g }}{% endmacro %}{{ f() }}{{ g }}{{ f() }}
{% macro f() %}x{% endmacro %}{{ f() | upper }}{{ f() ~ 'y' }}{% set v = f() %}{{ v }}
{% macro f(a, b) %}{{ a is defined }}{{ b is defined }}{% endmacro %}{{ f(1) }}{{ f(missing) }}
{{ s | upper }}{{ s | lower }}{{ 'aB cD-eF' | title }}{{ 'aB cD' | capitalize }}{{ 'ab c'.title() }}{{ 'aB'.capitalize() }}
{{ ws | trim }}|{{ ws.strip() }}|{{ ws.lstrip() }}|{{ ws.rstrip() }}|{{ 'xxaxx'.strip('x') }}|{{ 'xya'.lstrip('yx') }}|{{ n | trim }}|{{ missing | trim }}|{{ 'xax' | trim('x') }}
{{ 'a,b,,c'.split(',') }}{{ ' a  b '.split() }}{{ 'a,b,c'.split(',', 1) }}{{ 'abc'.split('b')[-1] }}{{ 'a</t>b</t>c'.split('</t>') }}
{{ 'a'.split('') }}
{{ s.startswith('He') }}{{ s.endswith(('x', 'ld')) }}{{ s.find('o') }}{{ s.rfind('o') }}{{ s.find('z') }}{{ u.find('é') }}{{ s.count('l') }}{{ s.replace('l', 'L') }}{{ s.replace('l', 'L', 1) }}
{{ 'a\nb\n'.splitlines() }}{{ ','.join(['a', 'b']) }}{{ 'abc'.removeprefix('a') }}{{ 'abc'.removesuffix('c') }}
{{ ','.join(l) }}
{{ l | join }}{{ l | join(', ') }}{{ m | join('-', attribute='r') }}{{ missing | join(',') }}{{ 'abc' | join('.') }}{{ [n, t, f] | join(' ') }}
{{ l | length }}{{ s | length }}{{ d | length }}{{ u | count }}{{ missing | length }}{{ empty | length }}
{{ n | length }}
{{ 5 | length }}
{{ missing | default('x') }}{{ es | default('x') }}{{ es | default('x', true) }}{{ n | default('x') }}{{ n | d('x', boolean=true) }}{{ missing | default }}
{{ l | first }}{{ l | last }}{{ empty | first }}{{ s | first }}{{ s | last }}{{ d | first }}
{{ l | list }}{{ 'ab' | list }}{{ d | list }}{{ missing | list }}{{ l | reverse | list }}{{ 'abc' | reverse }}
{{ 3.7 | int }}{{ '12' | int }}{{ true | int }}{{ 3 | float }}{{ '3.9' | int }}
{{ ' 5 ' | int }}
{{ 'x' | int }}
{{ -3 | abs }}{{ (-3) | abs }}{{ -2.5 | abs }}
{{ f | string }}{{ n | string }}{{ l | string }}{{ missing | string }}|{{ s | string | length }}
{{ d | tojson }}{{ l | tojson }}{{ n | tojson }}{{ f | tojson }}{{ big | tojson }}{{ u | tojson }}{{ q | tojson }}{{ (1, 2) | tojson }}{{ '</>&\x7f\x08\x0c\x01\x1f' | tojson }}
{{ d | tojson(indent=2) }}{{ {'a': {}, 'b': [], 'c': [[1]]} | tojson(indent=4) }}{{ l | tojson(indent=0) }}{{ l | tojson(none, '\t') }}
{{ d | tojson(sort_keys=true) }}{{ d | tojson(separators=(',', ':')) }}{{ u | tojson(ensure_ascii=true) }}{{ d | tojson(indent=1, separators=('; ', ' = ')) }}{{ '\x7f' | tojson(true) }}
{{ missing | tojson }}
{{ {'x': missing} | tojson }}
{{ d | tojson | safe }}{{ 'x' | safe }}
{% set x = '<a>' | safe %}{{ x }}{{ x ~ '<' }}{{ x is string }}{{ [x] | join(',') }}{{ (s | safe if n else 'y') }}
{% set x = '<a>' | safe %}{{ x + '<b>' }}
{{ ['b', 'A', 'c'] | sort }}{{ l | sort }}{{ l | sort(reverse=true) }}{{ m | sort(attribute='r') }}{{ ['b', 'A'] | sort(case_sensitive=true) }}{{ d | sort }}
{{ ['a', 1] | sort }}
{{ x | sort }}{{ loop }}
{% macro f() %}{{ loop.index }}{% endmacro %}{% for x in l %}{{ f() }}{% endfor %}
{% for x in l %}{% if x == 1 %}{% for y in l %}{% break %}{% endfor %}{% continue %}{% endif %}{{ x }}{% endfor %}
{% for x in l %}{% set ok = false %}{% for y in l %}{% if y == 2 %}{% set ok = true %}{% endif %}{% endfor %}{{ ok }}{% endfor %}
{% set tools = 5 %}{{ tools }}{% if not zzz is defined %}{% set zzz = 1 %}{% endif %}{{ zzz }}{% for x in l %}{% set tools = x %}{% endfor %}{{ tools }}
{% if n %}{% macro f() %}1{% endmacro %}{% else %}{% macro f() %}2{% endmacro %}{% endif %}{{ f() }}
{% for x in l %}{% macro f() %}{{ x }}{% endmacro %}{{ f() }}{% endfor %}
{% for x in l %}{{ x }}{% else %}{% set w = 1 %}{% endfor %}{{ w is defined }}{% for x in [] %}{% else %}{% set w = 1 %}{{ w }}{% endfor %}{{ w is defined }}
{% set x = 1 %}{% set z %}{% set x = 2 %}{{ x }}{% endset %}{{ x }}{{ z }}{% set z %}{% set z = 5 %}{{ z }}{% endset %}{{ z }}
{{ [] in d }}
{{ 2 >= 2 }}{{ 1 <= 0 }}{{ 2 > 1 }}{{ {'a': 1} == {'b': 1} }}{{ {} == {'b': 1} }}{{ (1, 2) == (1, 2) }}{{ [1] == (1,) }}{{ 'b' >= 'a' }}
{{ +1 }}{{ +f }}{{ -f }}{{ f * 2 }}{{ f / 4 }}{{ 'a' * -1 }}[{{ 0 * 'a' }}]{{ +t }}{{ -t }}{{ 1e16 + 1 }}{{ 0.1 + 0.2 }}
{{ s | last }}{{ l | last }}{{ empty | last is defined }}{{ '' | capitalize }}{{ ''.splitlines() }}{{ '\n'.splitlines() }}{{ 1e400 | tojson }}
{{ -'a' }}
{{ +'a' }}
{{ 1.0 / 0 }}
{{ range(9223372036854775806, 9223372036854775807, 9) | list }}{{ range(3, 3) | list }}{{ range('a') }}
{{ '\101\x41\u0041\U00000041\a\b\f\v\r' }}{{ 'a\
b' }}
{{ d.get([]) }}
{{ d.get(1) }}{{ d.get((1, 2), 3) }}{{ d[[]] is defined }}
{% macro f(a, a) %}{% endmacro %}
{{ l | sort(reverse=missing) }}
{{ l | sort(reverse=none) }}
{{ l | sort(reverse=1) }}{{ (range(5) | list)[-2] }}{{ range(9)[3] }}{{ 3 in range(4) }}{{ range(4) | length }}{{ range(2) is sequence }}
{{ range(3) }}
{{ range(none) }}
{{ range(3)[1:] }}
{% set e = '' | safe %}{{ e + '<' }}
{% filter count %}a{% endfilter %}x
{{ [missing, n] }}{{ (missing,) }}
{{ 3 | indent }}
{{ ('ab' | safe)[0] }}
{{ ('ab' | safe) is sequence }}{{ ('ab' | safe) is iterable }}{{ 'ab' | safe | string }}
{{ ('a' | safe | upper) + '<' }}
{% filter trim %}{% set k = 1 %} {{ k }} {% endfilter %}{{ k is defined }}
{{ m | selectattr('r', 'equalto', 'user') | list | length }}{{ m | rejectattr('r', 'eq', 'user') | list }}{{ m | selectattr('c') | list }}{{ m | selectattr('c', 'defined') | map(attribute='c') | list }}{{ m | map(attribute='c', default='?') | join }}
{{ l | select('odd') | list }}{{ l | reject('gt', 1) | list }}{{ [0, 1, n] | select | list }}{{ ['a', 'B'] | map('upper') | list }}{{ [' a '] | map('trim') | join }}{{ l | select('>', 1) | list }}
{% if empty | select %}T{% else %}F{% endif %}{% if m | selectattr('r', 'equalto', 'zzz') %}T{% endif %}{% set g = l | select %}{{ g | list }}{{ g | list }}
{{ l | select | length }}
{{ d | items | list }}{{ d | dictsort }}{% for k, v in d | items %}{{ k }}{% endfor %}{{ missing | items | list }}
{{ n | items | list }}
{{ l | items | list }}
{{ nl | indent }}|{{ nl | indent(2) }}|{{ nl | indent(2, true) }}|{{ nl | indent(width=1, blank=true) }}|{{ nl | replace('\n', ' ') }}{{ 'aaa' | replace('a', 'b', 2) }}{{ i | replace(3, 4) }}
{{ ['a', 'A', 'b'] | unique | list }}
{{ n is none }}{{ n is defined }}{{ missing is defined }}{{ missing is undefined }}{{ missing is none }}{{ t is true }}{{ t is boolean }}{{ 1 is true }}{{ n is not none }}{{ not n is none }}
{{ 1 is integer }}{{ t is integer }}{{ f is float }}{{ t is number }}{{ big is integer }}{{ s is string }}{{ d is mapping }}{{ l is iterable }}{{ s is iterable }}{{ n is iterable }}{{ s is sequence }}{{ d is sequence }}{{ l is sequence }}{{ missing is iterable }}{{ i is iterable }}
{{ 3 is odd }}{{ 3 is even }}{{ 6 is divisibleby 3 }}{{ 6 is divisibleby(4) }}{{ 1 is eq 1 }}{{ 1 is in [1] }}{{ 2 is gt 1 }}{{ 1 is ne(2) }}{{ 'a' is eq('a') and t }}
{{ n is odd }}
{{ 1 + 1 is number }}{{ 1 + (1 is number) }}
{{ l | nofilter }}
{{ l is notest }}
{{ range(3) | list }}{{ range(1, 7, 2) | list }}{{ range(3, 0, -1) | list }}{% for x in range(2) %}{{ x }}{% endfor %}{{ range(0) | list }}
{{ range(1000000) | list }}
{{ range(1, 2, 0) | list }}
{{ raise_exception('no: ' ~ i) }}
{{ dict(b=1, a=2) }}{{ dict({'x': 1}, y=2) }}{{ {'x': 1, 'x': 2} }}{{ {} }}{{ {'a': [1, {'b': (1, 'x')}]} }}
{{ strftime_now('%d %b %Y %H:%M:%S %A %B %j %y %% %-d %I %p %F %a') }}
{{ l.append(4) }}
{{ l.pop() }}
{{ d.update({'x': 1}) }}
{{ d.pop('a') }}
{{ s.__class__ }}
{{ d.__class__.__mro__ }}
{{ messages[0].role }}{{ messages | length }}{{ messages[-1]['content'] }}{{ tools }}{{ documents }}{{ add_generation_prompt }}
{% if t %}a{% elif n %}b{% else %}c{% endif %}{% if n %}a{% elif t %}b{% endif %}{% if empty %}{% else %}x{% endif %}
{% filter upper %}a{{ s }}{% endfilter %}
{% generation %}g{% set q = 1 %}{{ q }}{% endgeneration %}{{ q }}
{% raw %}{{ x }}{% if %}{% endraw %}|{%- raw -%}  a  {%- endraw -%}  b
{# c #}a{#- c -#} b {# c -#} c {#+ c +#} d
{{- 'x' -}}  {{ 'y' }}  {%- if t -%}  z  {%- endif +%}  w {%+ if t %} v{% endif %}
{{ {'a': {'b': '}}'}}['a']['b'] }}{{ '%}' }}{{ "{{" }}
{% if t %}{{ 'a' }}{% else
%}b{% endif %}
a
{{
{{ }}
{% %}
{{ 1 +
{{ 'a }}
{% if t %}
{% for x in l %}{% endif %}
{% endfor %}
{% nope %}
{% else %}
{{ a b }}
{{ (1 }}
{{ [1, }}
{{ 1) }}
{{ x.y. }}
{{ ! }}
{{ 'a' | }}
{{ f(a=1, 2) }}
{% set 1 = 2 %}
{% set true = 2 %}
{% set x %}
{{ loop.index }}
{% for x in l %}{{ loop.changed(x) }}{% endfor %}
{% for x in l recursive %}{{ x }}{% endfor %}
{% break %}
{% call f() %}{% endcall %}
{% include 'x' %}
{% block a %}{% endblock %}
{{ (1, 2)[0] }}{{ 'abc'[0:2][1] }}{{ ({'a': 1}).a }}{{ (l | first) + 1 }}{{ l | first + 1 }}
{{ 'a'.upper().lower().strip() }}{{ [[1, 2], [3]][0][1] }}
{{ 1 if t }}{{ (2 if n) is defined }}{{ [1, 2,] }}{{ {'a': 1,} }}{{ dict(a=1,) }}
{{ none }}{{ None }}{{ true }}{{ True }}{{ false }}{{ False }}{{ null }}
{{ 'é'.upper() }}{{ 'É'.lower() }}
{{ 'x' is string if t else 2 }}
{{ t is defined and s is string and not n is defined or t }}
{{ (m | first).r }}{{ m | map(attribute='r') | first }}{{ (m | selectattr('r', 'equalto', 'tool') | first).c }}
{{ messages == messages[:] }}{{ messages[0] == messages[1] }}{{ 5 // 0 }}
{{ 2 ** 63 }}
{{ -9223372036854775807 - 1 }}
{{ 9223372036854775807 * 2 }}
{{ -9223372036854775807 * 1 }}
{{ 9223372036854775807 + 1 }}
{{ big + 1 }}
{{ 99999999999999999999 }}
{{ f // 2 }}
{{ 'a' % 1 }}
{{ l + [4] }}
{{ (1,) + (2,) }}
{{ l + (1,) }}
{{ l * 2 }}
""".strip("\n").split("\n")

MULTILINE = [
    "{% if t %}\n  a\n  {% if t %}\n    b\n  {% endif %}\n{% endif %}\nc\n",
    "  {% if t %} x {% endif %}  \n\t{% set a = 1 %}\n{{ a }}\n\n",
    "{{ t }}\n{{ t }}\n",
    "a  \n  {%- if t -%}  \n b \n {%- endif -%} \n c",
    "{% for x in l %}\n{{ x }}\n{% endfor %}\nend",
    "{% for x in l -%}\n  {{ x }}\n{%- endfor %}\nend",
    "{{ i }} {% if t %} {% endif %} {{ i }}{% if t %}\n{% endif %}x",
    "{# a #}\n{# b -#}\n c\n  {#- d #}\n{#+ e #}\n  {#+ f #}\n",
    "x {{ i }}\n   {{ i }}{%- if t %} y{% endif %}\n  {{ i }}  {% if t %}z{% endif %}",
    "{% raw %}\n  {{ x }}\n{% endraw %}\n  {% raw %}y{% endraw %}  \n{%- raw %}  z  {% endraw -%}\n w",
    "{% if t %}  \n{% endif %}x\r\ny\rz\r\n",
    "{{ 'a\r\nb' }}{{ 'c\nd' }}",
    "   {%+ if t %}  a{%+ endif +%}\n b",
    "{%- set x = 1 -%}\n\n{{- x -}}\n\n",
    "\n\n{% if t %}\n\n\nx{% endif %}\n\n",
    "{{ {\n 'a': 1,\n 'b': [1,\n2]} }}\n{{ missing.x }}",
    "\u00a0{%- if t %}\u3000 a \u3000{%- endif %}",
    "  \u00a0{% if t %}a{% endif %}",
    "{% macro f(x) %}\n  {{- x }}\n{% endmacro %}\n{{ f(1) }}\n{{- f(2) }}",
    "{%if t%}a{%endif%}{%-if t-%} b {%-endif-%}{{i}}{{-i-}}",
    "",
    "\n",
    "{% set content %}\n  x\n{% endset %}\n[{{ content }}]",
]

TEMPLATES = LINES + MULTILINE
