"""Drawings (SVG) that would run something, each calling `ran(<its name>)`."""

from __future__ import annotations

_NS = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
_SCRIPT = "<script>ran('NAME')</script>"
_SVG = {
    "script": _SCRIPT,
    "script-cdata": "<script><![CDATA[ran('NAME')]]></script>",
    "script-ecmascript": "<script type='application/ecmascript'>ran('NAME')</script>",
    "script-href": "<script href=\"data:text/javascript,ran('NAME')\"/>",
    "script-xlink": "<script xlink:href=\"data:text/javascript,ran('NAME')\"/>",
    "script-module": "<script type='module'>ran('NAME')</script>",
    "script-in-defs": f"<defs><g>{_SCRIPT}</g></defs>",
    "script-in-text": f"<text>{_SCRIPT}</text>",
    "script-in-metadata": f"<metadata>{_SCRIPT}</metadata>",
    "script-in-foreign-element": f"<x:y xmlns:x='urn:x'>{_SCRIPT}</x:y>",
    "script-in-title": f"<title>{_SCRIPT}</title>",
    "script-other-prefix": "<z:script xmlns:z='http://www.w3.org/2000/svg'>ran('NAME')</z:script>",
    "script-xhtml": "<h:script xmlns:h='http://www.w3.org/1999/xhtml'>ran('NAME')</h:script>",
    "script-xhtml-in-metadata": "<metadata><h:script xmlns:h='http://www.w3.org/1999/xhtml'>"
    "ran('NAME')</h:script></metadata>",
    "xhtml-image": "<h:img xmlns:h='http://www.w3.org/1999/xhtml' src='x' "
    "onerror=\"ran('NAME')\"/>",
    "xhtml-frame": "<h:iframe xmlns:h='http://www.w3.org/1999/xhtml' "
    "src=\"javascript:parent.ran('NAME')\"/>",
    "foreign-object": "<foreignObject width='9' height='9'><body "
    "xmlns='http://www.w3.org/1999/xhtml' onload=\"ran('NAME')\"><img src='x' "
    "onerror=\"ran('NAME')\"/></body></foreignObject>",
    "foreign-object-srcdoc": "<foreignObject><iframe xmlns='http://www.w3.org/1999/xhtml' "
    "srcdoc=\"&lt;script>parent.ran('NAME')&lt;/script>\"/></foreignObject>",
    "handler-click": "<rect width='99' height='99' onclick=\"ran('NAME')\"/>",
    "handler-hover": "<rect width='99' height='99' onmouseover=\"ran('NAME')\"/>",
    "handler-focus": "<rect tabindex='1' width='9' height='9' autofocus='1' "
    "onfocus=\"ran('NAME')\"/>",
    "handler-begin": "<rect><animate attributeName='x' dur='1s' onbegin=\"ran('NAME')\"/></rect>",
    "handler-set-begin": "<rect><set attributeName='x' to='1' onbegin=\"ran('NAME')\"/></rect>",
    "handler-error": "<image href='nowhere' onerror=\"ran('NAME')\"/>",
    "handler-load-of-image": "<image href='data:image/gif;base64,R0lGODlhAQABAAAAACw=' "
    "onload=\"ran('NAME')\" onerror=\"ran('NAME')\"/>",
    "link": "<a href=\"javascript:ran('NAME')\"><text>x</text></a>",
    "link-xlink": "<a xlink:href=\"javascript:ran('NAME')\"><text>x</text></a>",
    "link-capitals": "<a href=\" JaVaScRiPt:ran('NAME')\"><text>x</text></a>",
    "link-entity": "<a href=\"&#106;avascript:ran('NAME')\"><text>x</text></a>",
    "link-tab": "<a href=\"java&#9;script:ran('NAME')\"><text>x</text></a>",
    "link-newline": "<a xlink:href=\"&#10;java&#10;script:ran('NAME')\"><text>x</text></a>",
    "link-control": "<a href=\"&#31;javascript:ran('NAME')\"><text>x</text></a>",
    "link-other-prefix": "<a xmlns:q='http://www.w3.org/1999/xlink' "
    "q:href=\"javascript:ran('NAME')\"><text>x</text></a>",
    "link-set": "<a><set attributeName='href' to=\"javascript:ran('NAME')\"/><text>x</text></a>",
    "link-set-xlink": "<a><set attributeName='xlink:href' to=\"javascript:ran('NAME')\"/>"
    "<text>x</text></a>",
    "link-animated": "<a><animate attributeName='href' begin='0s' dur='99s' "
    "values=\"javascript:ran('NAME');javascript:ran('NAME')\"/><text>x</text></a>",
    "link-animated-from-afar": "<a id='a'><text>x</text></a><set href='#a' attributeName='href' "
    "to=\"javascript:ran('NAME')\"/>",
    "use-data": "<use href=\"data:image/svg+xml,&lt;svg id='x' "
    "xmlns='http://www.w3.org/2000/svg'>&lt;script>ran('NAME')&lt;/script>&lt;/svg>#x\"/>",
    "image-data": "<image width='9' height='9' href=\"data:image/svg+xml,&lt;svg "
    "xmlns='http://www.w3.org/2000/svg' onload='parent.ran(1)'/>\"/>",
    "style-import": "<style>@import url(//canary.invalid/NAME)</style><rect/>",
    "style-import-in-parts": "<style>@imp<!-- -->ort url(//canary.invalid/NAME)</style>",
    "style-url": "<rect width='9' height='9' style='fill:url(//canary.invalid/NAME#x)'/>",
    "style-escaped": "<rect width='9' height='9' style='mask:u\\72l(//canary.invalid/NAME#x)'/>",
    "style-attribute-url": "<rect width='9' height='9' mask='url(//canary.invalid/NAME#x)'/>",
    "style-font": "<style>@font-face{font-family:q;src:url(//canary.invalid/NAME)}</style>"
    "<text font-family='q'>x</text>",
    "image-elsewhere": "<image width='9' height='9' href='//canary.invalid/NAME'/>",
    "filter-elsewhere": "<filter id='f'><feImage href='//canary.invalid/NAME'/></filter>"
    "<rect filter='url(#f)' width='9' height='9'/>",
}


def _whole() -> dict[str, bytes]:
    base = f"<svg {_NS}>{_SCRIPT}</svg>"
    own = f"<s:svg xmlns:s='http://www.w3.org/2000/svg'>{_SCRIPT.replace('script', 's:script')}"
    entity = "<!DOCTYPE svg [<!ENTITY e \"<script xmlns='http://www.w3.org/2000/svg'>ran('NAME')"
    entity += f'</script>">]><svg {_NS}>&e;</svg>'
    attribute = f"<!DOCTYPE svg [<!ATTLIST svg onload CDATA \"ran('NAME')\">]><svg {_NS}/>"
    sheet = f'<?xml-stylesheet href="//canary.invalid/NAME"?><svg {_NS}/>'
    texts = {
        "onload": f"<svg {_NS} onload=\"ran('NAME')\"/>",
        "prefixed": f"{own}</s:svg>",
        "entity": entity,
        "attribute-list": attribute,
        "style-sheet": sheet,
        "html-root": f"<html xmlns='http://www.w3.org/1999/xhtml'>{_SCRIPT}</html>",
        "html": f"<!doctype html>{_SCRIPT}",
    }
    encoded = {
        "utf-16": f"<?xml version='1.0' encoding='UTF-16'?>{base}".encode("utf-16"),
        "utf-16-undeclared": base.encode("utf-16-be"),
        "utf-8-bom": base.encode("utf-8-sig"),
        "latin": f"<?xml version='1.0' encoding='ISO-8859-1'?>{base}<!--é-->".encode("latin-1"),
        "cyrillic": f"<?xml version='1.0' encoding='windows-1251'?>{base}".encode(),
        "shift-jis": f"<?xml version='1.0' encoding='Shift_JIS'?>{base}".encode(),
        "utf-7": b"<?xml version='1.0' encoding='UTF-7'?><svg xmlns='http://www.w3.org/2000/svg'>"
        b"+ADw-script+AD4-ran('NAME')+ADw-/script+AD4-</svg>",
    }
    return {name: text.encode() for name, text in texts.items()} | encoded


def hostile_drawings() -> dict[str, bytes]:
    """Name -> content."""
    found = {name: f"<svg {_NS}>{body}</svg>".encode() for name, body in _SVG.items()} | _whole()
    for name, content in found.items():
        for encoding in ("ascii", "utf-16-le", "utf-16-be"):
            content = content.replace("NAME".encode(encoding), name.encode(encoding))
        found[name] = content
    return found
