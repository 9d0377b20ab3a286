"""pytest option"""
