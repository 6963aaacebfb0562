"""One module declares one kind of asset (`ASSET_TYPE = AssetType(…)`); this folder is the registry."""
