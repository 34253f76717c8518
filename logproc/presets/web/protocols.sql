-- title: Protocols
SELECT protocol, tls_protocol, count(*) AS requests, sum(bytes) AS bytes, approx_count_distinct(client) AS visitors
FROM web
GROUP BY ALL ORDER BY requests DESC LIMIT 50
