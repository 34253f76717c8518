-- title: Searched for
SELECT keyphrase(referrer) AS keyphrase, count(*) AS requests, approx_count_distinct(client) AS visitors
FROM web
WHERE keyphrase(referrer) IS NOT NULL
GROUP BY ALL ORDER BY requests DESC LIMIT 100
