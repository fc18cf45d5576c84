{{ entities_asked_about('customer_id', reaches_30_whole_days()) }}
