{{ entities_asked_about('ip_address', reaches_24h()) }}
