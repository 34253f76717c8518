-- title: TLS versions and ciphers
SELECT tls_protocol, tls_cipher, count(*) AS requests, sum(bytes) AS bytes, approx_count_distinct(client) AS visitors
FROM web
WHERE tls_protocol IS NOT NULL
GROUP BY ALL ORDER BY requests DESC LIMIT 50
