"""Our Bot API, driven by the real python-telegram-bot and compared with the real TDLib."""
