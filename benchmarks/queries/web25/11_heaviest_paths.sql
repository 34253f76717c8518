SELECT path, sum(bytes) AS total FROM web GROUP BY ALL ORDER BY total DESC, path LIMIT 10
