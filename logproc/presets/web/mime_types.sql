-- title: Media types, by file extension
SELECT mime_type(path) AS mime_type, count(*) AS requests, sum(bytes) AS bytes, approx_count_distinct(client) AS visitors
FROM web
WHERE mime_type(path) IS NOT NULL
GROUP BY ALL ORDER BY requests DESC LIMIT 50
