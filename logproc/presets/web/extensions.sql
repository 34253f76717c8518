-- title: File extensions
SELECT extension(path) AS extension, count(*) AS requests, sum(bytes) AS bytes
FROM web
GROUP BY ALL ORDER BY requests DESC LIMIT 50
