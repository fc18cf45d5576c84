{{ entities_asked_about('device_id', reaches_24h()) }}
