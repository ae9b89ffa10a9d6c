"""The collection of the server form: made when it is missing, checked, and rewritten when it is older."""

from __future__ import annotations

import re

from qdrant_client import AsyncQdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse

from memory.points import (
    DENSE,
    KEYWORD_FIELDS,
    SCHEMA_VERSION,
    SPARSE,
    TENANT_FIELD,
    TIME_FIELDS,
    control_point,
    read_control,
    rebuild,
)
from memory.qdrant_collection import Collection, translated
from memory.scope import SYSTEM, Scope
from memory.store import Control, Point, StoreError, StoreMismatch

#: Older servers ignore what they do not know: inserts would overwrite, and rankings would see the future.
OLDEST_SERVER = (1, 19)
_KIND = "schema"


async def prepare(collection: Collection, dimensions: int) -> None:
    """Make the collection usable, from any number of replicas at once.

    Raises StoreMismatch for a newer schema, another embedding length or a collection that is not ours,
    StoreError for a server that is too old.
    """
    client, name = collection.client, collection.name
    with translated():
        await _check_server(client)
        await _create(client, name, dimensions)
        found = await client.get_collection(name)
        _check_vectors(name, found.config.params.vectors, dimensions)
        await _index(client, name, set(found.payload_schema))
        # Counted before the version is read: it is the first point that is ever written.
        empty = (await client.count(name)).count == 0
    version = await _read_version(collection)
    if version is None and not empty:
        raise StoreMismatch(f"the collection {name!r} holds points of another program: choose another name")
    if version is not None and version > SCHEMA_VERSION:
        raise StoreMismatch(
            f"the collection {name!r} was written by a newer version (schema {version}, this one reads "
            f"{SCHEMA_VERSION}): install that version, or export there and import here"
        )
    if version is not None and version < SCHEMA_VERSION:
        await _rewrite(collection)
    if version != SCHEMA_VERSION:
        await collection.write([_version_point()], models.UpdateMode.UPSERT)


async def _check_server(client: AsyncQdrantClient) -> None:
    version = (await client.info()).version
    numbers = re.match(r"(\d+)\.(\d+)", version)
    if not numbers or (int(numbers[1]), int(numbers[2])) < OLDEST_SERVER:
        oldest = ".".join(map(str, OLDEST_SERVER))
        raise StoreError(f"the Qdrant server has version {version}, this program needs {oldest} or later")


async def _create(client: AsyncQdrantClient, name: str, dimensions: int) -> None:
    if await client.collection_exists(name):
        return
    try:
        await client.create_collection(
            name,
            vectors_config={DENSE: _meaning(dimensions)},
            sparse_vectors_config={SPARSE: models.SparseVectorParams(modifier=models.Modifier.IDF)},
        )
    except (UnexpectedResponse, ValueError):
        # Another replica was quicker; local mode says the same with a ValueError.
        if not await client.collection_exists(name):
            raise


def _meaning(dimensions: int) -> models.VectorParams:
    return models.VectorParams(
        size=dimensions,
        distance=models.Distance.COSINE,
        multivector_config=models.MultiVectorConfig(comparator=models.MultiVectorComparator.MAX_SIM),
        datatype=models.Datatype.FLOAT16,
        # Searches are exact and filtered by customer: a graph would be built for nothing.
        hnsw_config=models.HnswConfigDiff(m=0),
    )


def _check_vectors(name: str, vectors: object, dimensions: int) -> None:
    meaning = vectors.get(DENSE) if isinstance(vectors, dict) else None
    if not isinstance(meaning, models.VectorParams) or not meaning.multivector_config:
        raise StoreMismatch(f"the collection {name!r} has other vectors than this program's: choose another name")
    if meaning.size != dimensions:
        raise StoreMismatch(
            f"the collection {name!r} was made for an embedding model with {meaning.size} dimensions, this one has "
            f"{dimensions}: export with the old model, and import into a new collection"
        )


async def _index(client: AsyncQdrantClient, name: str, present: set[str]) -> None:
    tenant = models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=True)
    wanted: dict[str, models.KeywordIndexParams | models.PayloadSchemaType] = {
        TENANT_FIELD: tenant,
        **dict.fromkeys(KEYWORD_FIELDS, models.PayloadSchemaType.KEYWORD),
        **dict.fromkeys(TIME_FIELDS, models.PayloadSchemaType.DATETIME),
    }
    for field, params in wanted.items():
        if field not in present:
            await client.create_payload_index(name, field, params, wait=True)


def _version_point() -> Point:
    return control_point(SYSTEM, Control(_KIND, "collection", {"version": SCHEMA_VERSION}))


async def _read_version(collection: Collection) -> int | None:
    key = _version_point().id
    found = await collection.payloads([key], True)
    return int(read_control(found[key]).data["version"]) if key in found else None


async def _rewrite(collection: Collection) -> None:
    """Derive every field again in place; vectors follow in the background. Repeated when it was cut short."""
    async for page in collection.scroll(None, True):
        payloads = [record.payload or {} for record in page]
        points = [rebuild(Scope(payload["workspace"]), payload) for payload in payloads]
        # Only what is still there: what was deleted meanwhile stays deleted.
        await collection.write(points, models.UpdateMode.UPDATE_ONLY)
