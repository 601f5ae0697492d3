"""Own routes beside the pages: photographs, before/after pictures and downloads.

Streamlit would serve such files to anybody who has their address, with whatever metadata they carry;
here every request is asked for on behalf of an actor, noted, and never kept by the browser.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from analyzer.reading import FACE, LABELS
from analyzer.records.access import LOCAL_USER, NoSuchRecord
from analyzer.records.courses import course_of
from analyzer.records.photographs import photograph_outline, photograph_view
from analyzer.web.context import archive
from analyzer.web.downloads import readings_csv, series_json
from analyzer.web.pictures import change_map, comparison
from calibration.errors import RuborError
from calibration.language import DEFAULT, known, speaking

VIEW_SIDES = (160, 480, 960, 1600)
DEFAULT_SIDE = 960
MAP_WIDTH = 640
PRIVATE = {"Cache-Control": "private, no-store"}


def own_routes() -> list[Route]:
    """Every route of the app that is not Streamlit's."""
    return [
        Route("/photo/{photograph_id}", photo),
        Route("/map/{photograph_id}", surface),
        Route("/outline/{photograph_id}", outline),
        Route("/compare/{before}/{after}.{kind}", compare),
        Route("/export/{patient_id}.{kind}", export),
    ]


async def photo(request: Request) -> Response:
    """A metadata-free JPEG of one photograph, at most ``?w=`` pixels on its longer side."""
    side = _side(request.query_params.get("w"))
    try:
        data = await run_in_threadpool(
            photograph_view, archive(), LOCAL_USER, request.path_params["photograph_id"], side
        )
    except NoSuchRecord as error:
        return _missing(error)
    return Response(data, media_type="image/jpeg", headers=PRIVATE)


async def surface(request: Request) -> Response:
    """Where one photograph shows more redness than before the treatment, on the face laid flat."""
    try:
        data = await run_in_threadpool(
            change_map, archive(), LOCAL_USER, request.path_params["photograph_id"], MAP_WIDTH
        )
    except NoSuchRecord as error:
        return _missing(error)
    return Response(data, media_type="image/png", headers=PRIVATE)


async def outline(request: Request) -> Response:
    """The outline of face and card in one photograph, to line up the next one with."""
    try:
        data = await run_in_threadpool(photograph_outline, archive(), LOCAL_USER, request.path_params["photograph_id"])
    except NoSuchRecord as error:
        return _missing(error)
    if data is None:
        return _missing(NoSuchRecord("outline"))
    return Response(data, media_type="image/png", headers=PRIVATE)


async def compare(request: Request) -> Response:
    """Two photographs of one patient side by side, as PNG or PDF."""
    kind = request.path_params["kind"]
    if kind not in ("png", "pdf"):
        return PlainTextResponse("A picture comes as png or pdf.", status_code=404)
    region = request.query_params.get("region", FACE)
    if region not in LABELS:
        return PlainTextResponse("There is no such region.", status_code=404)
    anonymise = request.query_params.get("anonymise") == "1"
    spoken = known(request.query_params.get("lang")) or DEFAULT
    ids = request.path_params["before"], request.path_params["after"]
    try:
        with speaking(spoken):
            data = await run_in_threadpool(comparison, archive(), LOCAL_USER, ids, region, anonymise, kind)
    except NoSuchRecord as error:
        return _missing(error)
    except RuborError as error:
        return PlainTextResponse(str(error), status_code=422, headers=PRIVATE)
    media_type = "image/png" if kind == "png" else "application/pdf"
    headers = PRIVATE
    if request.query_params.get("save") == "1":
        headers = PRIVATE | {"Content-Disposition": f'attachment; filename="before-after.{kind}"'}
    return Response(data, media_type=media_type, headers=headers)


async def export(request: Request) -> Response:
    """A patient's series as JSON, or the readings as CSV that ``rubor assess`` reads."""
    makers = {"json": (series_json, "application/json"), "csv": (readings_csv, "text/csv; charset=utf-8")}
    kind = request.path_params["kind"]
    if kind not in makers:
        return PlainTextResponse("An export comes as json or csv.", status_code=404)
    make, media_type = makers[kind]
    try:
        course = await run_in_threadpool(course_of, archive(), LOCAL_USER, request.path_params["patient_id"])
    except NoSuchRecord as error:
        return _missing(error)
    headers = PRIVATE | {"Content-Disposition": f'attachment; filename="rubor-series.{kind}"'}
    return Response(make(course), media_type=media_type, headers=headers)


def _side(asked: str | None) -> int:
    """The smallest offered size that is large enough: few sizes, so that few views are kept."""
    if asked is None or not asked.isdigit():
        return DEFAULT_SIDE
    return next((side for side in VIEW_SIDES if side >= int(asked)), VIEW_SIDES[-1])


def _missing(error: NoSuchRecord) -> Response:
    return PlainTextResponse(str(error), status_code=404, headers=PRIVATE)
