SELECT path, count(*) AS n FROM web WHERE status = 404 GROUP BY ALL ORDER BY n DESC, path LIMIT 20
