"""Pages from templates: each knows how far it is from the site's root, so links are relative."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FunctionLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateError,
)
from jinja2.exceptions import TemplateSyntaxError

from tracer.documents.files import read_text
from tracer.errors import Place, TracerError
from tracer.site.content.assets import THEME, Assets
from tracer.site.content.forge import annotation_file, forge_for
from tracer.site.content.gallery import GallerySource
from tracer.site.content.markdown_file import MarkdownFile
from tracer.site.content.resources import files_in, resource_folders
from tracer.site.graph.summary import Summary
from tracer.site.pages.choices import Choices
from tracer.site.pages.listed_json import FILE
from tracer.site.pages.listings import Kind, Listing, by_behaviour, listing_folder
from tracer.site.pages.paged import Paged
from tracer.site.pages.policy import POLICY
from tracer.site.pages.written import Prose
from tracer.site.prose.terms import explained
from tracer.site.wording.amounts import amount
from tracer.site.wording.direction import direction
from tracer.site.wording.percent import percent
from tracer.site.wording.tokens import one_line

if TYPE_CHECKING:  # what reads graphs is imported where there are graphs
    from tracer.site.content.entry import Entry
    from tracer.site.features.feature_page import FeaturePage
    from tracer.site.features.lists import FeatureList, SourceOverview
    from tracer.site.graph.compare_page import ComparePage
    from tracer.site.graph.graph_page import GraphPage
    from tracer.site.sets.set_page import SetPage

COMPARE = "compare_any.html"  # the page that compares any two graphs, `compare/?a=…&b=…`


class Pages:
    """Renders every kind of page of one gallery."""

    def __init__(self, gallery: GallerySource, assets: Assets, templates: str):
        """`templates` names the content of all templates: they are compiled once for each."""
        self.gallery = gallery
        self.assets = assets
        self._templates = _environment(gallery.root, templates)
        folders = resource_folders("templates", gallery.root)
        comparing = any((folder / COMPARE).is_file() for folder in folders)
        self.prose = Prose(gallery, self._part, comparing=comparing)

    @property
    def base_path(self) -> str:
        """The path of the public address, for the one page that cannot link relatively."""
        base = self.gallery.config.base_url
        return urlsplit(base).path.rstrip("/") + "/" if base else "/"

    def gallery_page(self, cards: Paged, sets: Sequence[Summary] = ()) -> bytes:
        """One page of all graphs; the first begins with the sets."""
        tags = sorted({tag for card in cards.cards for tag in card.tags})
        models = sorted({card.model for card in cards.cards if card.model})
        path = cards.address(cards.page)
        return self._render(
            "gallery.html",
            "../" * path.count("/") or "./",
            path,
            cards=cards,
            json_url=FILE,
            sets=sets if cards.page == 1 else (),
            groups=by_behaviour(cards.cards) if cards.pages == 1 else [("", cards.cards)],
            tags=tags,
            models=models,
            comparisons=self.gallery.comparisons if cards.page == 1 else {},
        )

    def listing_page(self, listing: Listing, cards: Paged) -> bytes:
        """One page of the graphs of one tag or model."""
        path = cards.address(cards.page)
        root = "../" * path.count("/")
        return self._render("listing.html", root, path, listing=listing, cards=cards, json_url=FILE)

    def listings_page(self, kind: Kind, found: Sequence[Listing]) -> bytes:
        """All tags, or all models."""
        title = "Tags" if kind == "tags" else "Models"
        return self._render("listings.html", "../", f"{kind}/", title=title, listings=found)

    def graph_page(self, page: GraphPage) -> bytes:
        return self._render(
            "graph.html",
            page.address.root,
            page.address.folder,
            page=page,
            sets=self.gallery.sets_of(page.slug) if page.newest else (),
            beside=self.gallery.comparisons_of(page.slug) if page.newest else (),
            write_up=self.prose.write_up(page),
            canonical=f"graphs/{page.slug}/",
            json_url=f"{page.address.root}{page.address.file}",
            data_url=page.viewer.data_name,
            edit_url=page.viewer.edits_name if page.newest else None,
            forge=forge_for(self.gallery.config, annotation_file(page.slug)),
            repository_file=self._repository_file(page.entry),
        )

    def set_page(self, page: SetPage) -> bytes:
        """Many prompts of one kind."""
        json_url = f"{page.entry.revision}.json"
        return self._render("set.html", "../../", page.folder, page=page, json_url=json_url)

    def compare_page(self, page: ComparePage) -> bytes:
        """What somebody wrote about two graphs, with what they share."""
        html = self.prose.comparison(page.pair, page.text)
        return self._render("compare.html", "../../../", page.folder, page=page, html=html)

    def compare_any_page(self, choices: Choices, curated: Sequence[Summary]) -> bytes:
        """Any two graphs by query."""
        return self._render(COMPARE, "../", "compare/", choices=choices, curated=curated)

    def text_page(self, name: str, text: MarkdownFile) -> bytes:
        html = self.prose.page(name, text)
        values = {"title": text.title, "text": text, "html": html}
        explores = 'class="explore"' in html
        return self._render("text.html", "../", f"{name}/", **values, explores=explores)

    def place_of(self, path: str, link: str) -> Place | None:
        """Where an author wrote a link of this page; None where no author did."""
        source = self.gallery.config_source
        config = self.gallery.config
        root = self.base_path if path == "404.html" else "../" * path.count("/") or "./"
        to = {
            "navigation": [one.to for one in config.navigation or ()],
            "start": [one.to for one in config.start],
        }
        for key, addresses in to.items():
            for number, address in enumerate(addresses):
                if source is not None and link == root + address:
                    return source.place((key, number, "to"))
        return self.prose.place_of(path, link)

    def search_page(self) -> bytes:
        return self._render("search.html", "../", "search/")

    def missing_page(self) -> bytes:
        # A host shows this page at any depth, where a relative address would miss.
        return self._render("404.html", self.base_path, "404.html")

    def features_page(self, sources: Sequence[SourceOverview]) -> bytes:
        """All sources of features."""
        return self._render("features.html", "../", "features/", sources=sources)

    def feature_source_page(self, source: SourceOverview) -> bytes:
        return self._render("feature_source.html", "../../", source.folder, source=source)

    def feature_list_page(self, page: FeatureList) -> bytes:
        return self._render("feature_list.html", page.root, page.folder, page=page)

    def feature_page(self, page: FeaturePage) -> bytes:
        return self._render("feature.html", page.root, page.feature.folder, page=page)

    def ready(self) -> None:
        """Compiles what a graph's page is made of, before somebody waits for one."""
        folders = resource_folders("templates", self.gallery.root)
        for name in files_in(folders):
            if name.startswith(("base.", "graph.", "parts/")):
                with suppress(TemplateError):  # told where the page is made
                    self._templates.get_template(name)

    def _render(self, template: str, root: str, path: str, **values: Any) -> bytes:
        assets_url = root + self.assets.folder
        modules = self.assets.viewer_modules
        text = self._part(
            template,
            nav=self.gallery.navigation,
            foot=self.gallery.foot,
            guides=self.gallery.guides,
            glossary=self.gallery.glossary,
            has_features=self.gallery.has_graphs,
            root=root,
            path=path,
            assets_url=assets_url,
            viewer_modules=modules,
            **values,
        )
        return text.encode()

    def _part(self, template: str, **values: Any) -> str:
        try:
            template_of = self._templates.get_template(template)
            themed = THEME in self.assets.files
            return template_of.render(site=self.gallery.config, themed=themed, **values)
        except TemplateSyntaxError as error:
            place = Place(Path(error.filename or error.name or template), error.lineno)
            raise TracerError(f"not a valid template: {error.message}", place=place) from None
        except TemplateError as error:
            place = _template_place(error, template)
            raise TracerError(f"the template fails: {error.message}", place=place) from None

    def _repository_file(self, entry: Entry) -> str | None:
        """Where the annotation file is, or would be, on the forge."""
        repository = self.gallery.config.repository
        if repository is None:
            return None
        name = annotation_file(entry.slug)
        there = entry.annotation_source is not None
        kind, where = ("blob", name) if there else ("tree", "site_src/annotations")
        return f"{repository.rstrip('/')}/{kind}/HEAD/{where}"


@lru_cache(maxsize=4)
def _environment(root: Path, _: str) -> Environment:
    environment = Environment(
        loader=_template_loader(root),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(
        percent=percent,
        one_line=one_line,
        direction=direction,
        amount=amount,
        explained=explained,
    )
    environment.globals.update(policy=POLICY, listing_folder=listing_folder)
    return environment


def _template_loader(root: Path) -> BaseLoader:
    """The gallery's own templates first; `tracer/base.html` is always the packaged one."""
    folders = resource_folders("templates", root)
    packaged = [folder for folder in folders if folder != root.resolve() / "templates"]
    return ChoiceLoader([_loader(folders), PrefixLoader({"tracer": _loader(packaged)})])


def _loader(folders: Sequence[Path]) -> BaseLoader:
    files = files_in(folders)

    def load(name: str) -> tuple[str, str, None] | None:
        return (read_text(files[name]), str(files[name]), None) if name in files else None

    return FunctionLoader(load)


def _template_place(error: TemplateError, template: str) -> Place:
    """The deepest frame that Jinja maps to a template's own line."""
    place, trace = Place(Path(template)), error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.endswith((".html", ".xml")):
            place = Place(Path(file), trace.tb_lineno)
        trace = trace.tb_next
    return place
