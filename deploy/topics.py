"""Create the topics an installation needs: an explicit step, repeatable; a topic that exists is left as it is."""

from contracts.kafka.admin import create_missing
from contracts.kafka.settings import KafkaSettings
from contracts.kafka.topics import all_topics
from contracts.registry import asset_types
from gateway.domain.directory import Directory


async def create(directory: Directory) -> list[str]:
    """Create the missing topics and return a line a topic."""
    return await create_missing(KafkaSettings(), all_topics(asset_types(), directory.agencies))
